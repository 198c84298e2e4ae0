"""The services of compose.yaml as processes: web processes share the feed, and every part restarts under load."""

import asyncio
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import psycopg
import pytest

from tests.chaos.checks.visitor import Visitor
from tests.e2e.browser.conftest import Visit
from tests.support.clients.load import CountingWatcher, Users, scraped
from tests.support.clients.watcher import Watcher
from tests.support.services import postgres
from tests.support.services.deployment import SERVICES, WEB, WORKERS
from tests.support.services.fleet import METRICS_TOKEN, Fleet
from tests.support.services.processes import descendants
from tests.support.services.program import Program
from tests.support.services.service import Service
from tests.support.waiting import wait_until_async

pytestmark = [pytest.mark.timeout(1800), pytest.mark.asyncio(loop_scope="package")]

WATCHERS = 8
SMALL, LARGE = 60, 10_000
DEADLINE = 240
RECENT_SECONDS = 30
GOING_AWAY, CUT = 4001, 1006

UNFINISHED = """
    SELECT count(*) FROM arrivals_job WHERE state <> 'finished' OR total <> created
    OR total <> (SELECT count(DISTINCT number) FROM arrivals_account WHERE job_id = arrivals_job.id)
"""
ACCOUNTS = "SELECT count(*) FROM arrivals_account"
JOBS = "SELECT count(*) FROM arrivals_job"
USERS = "SELECT count(*) FROM auth_user"
HEAD = "SELECT coalesce(max(head), 0) FROM arrivals_feed_feedhead"


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    """Its first user is created as docs/deployment.md describes."""
    with Fleet(JOBS_AT_WORK_MAX="1000", HEARTBEAT_SECONDS="2", DRAIN_SECONDS="1") as fleet:
        fleet.manage("createsuperuser", "--no-input", "--username", "operator", "--email", "operator@example.com")
        yield fleet


def as_service(fleet: Fleet) -> Service:
    """Casts the fleet, because visitors and programs use only the address and `manage` of a service."""
    return cast(Service, fleet)


def number(fleet: Fleet, question: str) -> int:
    with psycopg.connect(fleet.database_url) as connection:
        row = connection.execute(question).fetchone()
    return int(row[0]) if row else 0


async def test_the_health_check_of_each_service_in_compose_passes(fleet: Fleet) -> None:
    """Except Valkey's, because no package of the tests has its `valkey-cli`."""
    if not shutil.which("wget"):
        pytest.skip("wget is missing: apt-get install wget")
    names = [name for name, service in SERVICES.items() if "test" in service["healthcheck"] and name != "valkey"]
    assert names == ["proxy", *WEB, *WORKERS, "postgres"]
    healthy = await asyncio.gather(*(asyncio.to_thread(fleet.is_healthy, name) for name in names))
    assert [name for name, is_healthy in zip(names, healthy, strict=True) if not is_healthy] == []


async def test_deploy_checks_find_no_issues_with_https(fleet: Fleet) -> None:
    done = await asyncio.to_thread(fleet.manage, "check", "--deploy", HTTPS="1")
    assert "no issues" in done.stdout, done.stderr


async def test_a_browser_at_one_web_process_sees_a_job_requested_at_another(fleet: Fleet, visit: Visit) -> None:
    here, there = fleet.addresses
    visitor = await visit(as_service(fleet), address=here)
    before = int((await visitor.total.inner_text()).replace(",", ""))
    program = await asyncio.to_thread(Program, as_service(fleet))
    program.address = there
    assert (await asyncio.to_thread(program.post, "/api/jobs", {"total": 100})).status == 202
    await visitor.sees_total(before + 100)


@dataclass
class Watched:
    """Watchers that follow until they reach the goal, once it is set."""

    watchers: Sequence[CountingWatcher]
    goal: int | None = None

    def is_through(self, watcher: Watcher) -> bool:
        return self.goal is not None and (watcher.offset or 0) >= self.goal

    async def follow(self) -> None:
        await asyncio.gather(*(watcher.follow(self.is_through) for watcher in self.watchers))

    def all_are_connected(self) -> bool:
        return all(one.connections == one.codes.total() + 1 for one in self.watchers)

    def counted(self) -> Counter[int | None]:
        return sum((watcher.codes for watcher in self.watchers), Counter[int | None]())

    def refused(self) -> Counter[int]:
        return sum((watcher.refusals for watcher in self.watchers), Counter[int]())


async def test_every_part_restarts_under_load_without_any_loss(fleet: Fleet, visit: Visit) -> None:
    """PostgreSQL restarts last and without an open page, which it cannot serve meanwhile."""
    program = await asyncio.to_thread(Program, as_service(fleet))
    users = Users(program, await asyncio.to_thread(Visitor, as_service(fleet)))
    watched = Watched([CountingWatcher(fleet.address, program.token) for _ in range(WATCHERS)])
    before, page = number(fleet, ACCOUNTS), await visit(as_service(fleet))
    page.may_be_cut_off = True
    async with asyncio.timeout(DEADLINE * 2):
        following = asyncio.create_task(watched.follow())
        codes = await restart_under_load(fleet, watched, users)
        by_restarts = watched.counted()
        await page.sees_total(number(fleet, USERS))
        await page.sees_status("^Live$")
        await page.page.goto("about:blank")
        await restart_postgres(fleet, users)
        metrics = await metrics_of_web_processes(fleet)
        watched.goal = number(fleet, HEAD)
        await following
    print(
        f"\npages {dict(users.pages)}, forms {dict(users.forms)}, jobs {dict(users.posts)}, polls {dict(users.polls)};"
    )
    print(f"{users.asked} accounts; sockets closed {dict(by_restarts)}, with PostgreSQL's {dict(watched.counted())}")
    assert set(codes.values()) == {0}
    assert set(by_restarts) == {GOING_AWAY, CUT}
    assert by_restarts[GOING_AWAY] >= WATCHERS, "each was connected to a web process that restarted"
    assert by_restarts[CUT] == WATCHERS, "each was connected through a worker of nginx from before the reload"
    assert number(fleet, ACCOUNTS) == before + users.asked
    assert all(one["arrivals_accounts_made_total"] == before + users.asked for one in metrics)
    for watcher in watched.watchers:
        assert watcher.offsets == list(range(1, watched.goal + 1))
        assert not watcher.resets


async def restart_under_load(fleet: Fleet, watched: Watched, users: Users) -> dict[str, int]:
    """Restarts all parts while users work, and returns the exit codes. No request or handshake may fail."""
    using = asyncio.create_task(users.run(total=SMALL))
    await wait_until_async(lambda: all(one.is_live.is_set() for one in watched.watchers) and users.asked, DEADLINE)
    codes = await restart_all(fleet, watched, users)
    users.stop()
    await using
    await wait_until_all_is_finished(fleet)
    assert set(users.pages) == set(users.forms) == set(users.polls) == {200}
    assert set(users.posts) == {202}
    assert watched.refused() == {}, "a handshake that found no web process"
    assert users.polled == list(range(1, len(users.polled) + 1))
    return codes


async def restart_all(fleet: Fleet, watched: Watched, users: Users) -> dict[str, int]:
    """Restarts each part while it works, and returns the exit codes of those that were asked to stop.

    Reloads nginx before the workers restart, because nginx takes 10 s to cut its sockets.
    """
    codes = {name: await restart(fleet, users, name) for name in WEB}
    await wait_until_async(watched.all_are_connected, DEADLINE)
    before = workers_of_nginx(fleet)
    fleet.running["proxy"].send(signal.SIGHUP)
    codes |= {name: await restart(fleet, users, name) for name in (*WORKERS, "beat")}
    codes["valkey"] = await asyncio.to_thread(fleet.restart_valkey)
    await asyncio.to_thread(fleet.start_what_ended)
    await users.ask_for_job(SMALL)
    await wait_until_async(lambda: not before & workers_of_nginx(fleet), DEADLINE)
    assert workers_of_nginx(fleet)
    return codes


async def restart(fleet: Fleet, users: Users, name: str) -> int:
    await users.ask_for_job(LARGE if name in WORKERS else SMALL)
    return await asyncio.to_thread(fleet.restart, name)


def workers_of_nginx(fleet: Fleet) -> set[int]:
    return {one.pid for one in descendants(fleet.running["proxy"].pid)}


async def restart_postgres(fleet: Fleet, users: Users) -> None:
    """A web process may notice the restart only at its next request, which then fails."""
    await asyncio.to_thread(postgres.restart, fleet.database_url)
    await wait_until_async(lambda: _is_taken(users), DEADLINE)
    await wait_until_all_is_finished(fleet)


async def _is_taken(users: Users) -> bool:
    return await users.ask_for_job(SMALL) == 202


async def metrics_of_web_processes(fleet: Fleet) -> list[dict[str, float]]:
    """Returns the metrics once all watchers are connected and at the head, and the queue is empty."""
    head, jobs = number(fleet, HEAD), number(fleet, JOBS)

    def metrics() -> list[dict[str, float]]:
        found = [scraped(address, METRICS_TOKEN) for address in fleet.addresses]
        watching = sum(one.get("arrivals_process_watchers users", 0) for one in found)
        behind = sum(one.get("arrivals_process_lag_events users", 0) for one in found)
        at_head = all(one.get("arrivals_feed_head users") == head for one in found)
        queued = sum(one.get("arrivals_queue_messages celery", 1) for one in found)
        return found if watching == WATCHERS and not behind and at_head and not queued else []

    found = await wait_until_async(lambda: asyncio.to_thread(metrics), DEADLINE)
    assert all(one["arrivals_jobs finished"] == jobs for one in found)
    assert sum(one["arrivals_process_resumes_total"] for one in found) >= WATCHERS
    assert all(one["arrivals_process_closes_total 4001"] == 0 for one in found), (
        "the processes that counted them have ended"
    )
    for metric in ("arrivals_rescued_timestamp_seconds", *(heard_metric(name) for name in WORKERS)):
        assert all(time.time() - one[metric] < RECENT_SECONDS for one in found), metric
    assert all(one[f"arrivals_worker_steps_total celery@{name}"] for one in found for name in WORKERS)
    return found


def heard_metric(worker: str) -> str:
    return f"arrivals_worker_heard_timestamp_seconds celery@{worker}"


async def wait_until_all_is_finished(fleet: Fleet) -> None:
    """A worker that was busy when Valkey stopped exits, and is restarted here, as by a supervisor."""

    def is_finished() -> bool:
        fleet.start_what_ended()
        return number(fleet, UNFINISHED) == 0

    await wait_until_async(lambda: asyncio.to_thread(is_finished), DEADLINE)
