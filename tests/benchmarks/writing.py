"""Accounts a second, with events and links, compared to bare users by the driver, bulk_create and factory_boy.

Runs in one process: a lane works on its job as in the pool, with its pauses, and sends its hints to a real Redis.
Writes into an empty table, and into one of a million.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.benchmarks.frame import Figure, figure, in_turn, ratio, set_up_django

set_up_django()

from django.conf import settings  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from asgi_config.live import embedded_redis  # noqa: E402
from task.jobs import slices  # noqa: E402
from task.jobs.start import start_job  # noqa: E402
from task.models import Job, Lane  # noqa: E402
from tests.benchmarks import rows  # noqa: E402
from tests.support.waiting import wait_until  # noqa: E402

ROUNDS = 5
TOTAL = 20_000
FACTORY_TOTAL = 1_000
MILLION = 1_000_000
TABLES = ("arrivals_account", "arrivals_lane", "arrivals_feed_batch", "auth_user")

User: Any = get_user_model()
factory: Any = import_module("factory")  # from requirements/bench.txt, which lint does not install


class UserFactory(factory.django.DjangoModelFactory):  # type: ignore[misc]
    """A factory as in factory_boy's documentation, but without password hashing."""

    class Meta:
        model = User

    username = factory.Sequence(lambda number: f"factory_{time.monotonic_ns()}_{number}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.com")
    first_name = factory.Faker("first_name")
    last_name = factory.Faker("last_name")
    password = rows.HASH


def measure() -> list[Figure]:
    with redis():
        figures = into("an empty table", before=empty)
        empty()
        rows.fill(MILLION)
        figures += into("a table of a million", before=lambda: None)
    return figures


def into(table: str, *, before: Callable[[], None]) -> list[Figure]:
    found = in_turn(
        ROUNDS,
        ours=after(before, accounts),
        raw=after(before, raw),
        bulk=after(before, bulk_create),
        factory=after(before, by_factory),
    )
    names = {
        "raw": (
            "COPY" if connection.vendor == "postgresql" else "executemany",
            f"bare users, the driver alone, into {table}",
        ),
        "bulk": ("bulk_create", f"bare users by bulk_create, into {table}"),
        "factory": ("factory_boy", f"bare users by factory_boy, into {table}"),
    }
    aim = ">= 0.25" if connection.vendor == "postgresql" else ">= 0.3"
    ratios = {way: ratio(found["ours"], found[way]) for way in names}
    return [
        figure(
            f"accounts with events and links, into {table}",
            found["ours"],
            "/s",
            compared_to=names["raw"][0],
            ratio=ratios["raw"],
            aim=aim,
        ),
        *(
            figure(what, found[way], "/s", compared_to=f"accounts by {name}", ratio=ratios[way])
            for way, (name, what) in names.items()
        ),
    ]


def after(before: Callable[[], None], way: Callable[[], float]) -> Callable[[], float]:
    def prepared() -> float:
        before()
        return way()

    return prepared


def accounts() -> float:
    job = start_job(total=TOTAL).job
    task_id = Lane.objects.get(job=job).task_id
    began = time.perf_counter()
    slices.work(job_id=job.pk, task_id=task_id, seconds=600)
    seconds = time.perf_counter() - began
    assert Job.objects.get(pk=job.pk).state == Job.State.FINISHED
    return TOTAL / seconds


def raw() -> float:
    return a_second(rows.insert_raw, rows.ready(TOTAL))


def bulk_create() -> float:
    now = timezone.now()
    users = [User(**dict(zip(rows.COLUMNS, row, strict=True)) | {"date_joined": now}) for row in rows.ready(TOTAL)]
    return a_second(lambda these: User.objects.bulk_create(these, batch_size=500), users)


def by_factory() -> float:
    return a_second(lambda these: UserFactory.create_batch(len(these)), range(FACTORY_TOTAL))


def a_second(write: Callable[[Any], object], these: Sequence[Any]) -> float:
    began = time.perf_counter()
    write(these)
    return len(these) / (time.perf_counter() - began)


def empty() -> None:
    with connection.cursor() as cursor:
        for table in TABLES:
            emptying = f"TRUNCATE {table} CASCADE" if connection.vendor == "postgresql" else f"DELETE FROM {table}"
            cursor.execute(emptying)


@contextmanager
def redis() -> Iterator[None]:
    folder = Path(settings.VAR_DIR) / "redis"
    part = embedded_redis.process(server=embedded_redis.find_server(), address=settings.REDIS_URL, directory=folder)
    part.start()
    try:
        wait_until(part.is_ready)
        yield
    finally:
        part.kill()
