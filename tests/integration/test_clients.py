"""The clients of docs/clients before the real service, with cuts in the middle: nothing is lost or comes twice."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.clients import CLIENTS_BY_NAME, Running
from tests.conformance.making import CannotMake, by_api
from tests.conformance.target import Target
from tests.conformance.trial import Verdict, findings
from tests.program import Program
from tests.proxy import Proxy
from tests.service import Service
from tests.waiting import wait_until, wait_until_async

SECONDS = 120
TRIM = """
from datetime import UTC, datetime
from realtime import log
log.trim("users", keep=10, older_than=datetime.min.replace(tzinfo=UTC))
"""


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with Service(environment={"HEARTBEAT_SECONDS": "1", "TOO_SLOW_SECONDS": "2"}) as service:
        yield service


@pytest.fixture(scope="module")
def program(service: Service) -> Program:
    return Program(service)


@pytest.fixture
def folder(tmp_path: Path, program: Program) -> Path:
    (tmp_path / "token").write_text(f"{program.token}\n")
    return tmp_path


def make(program: Program, total: int) -> int:
    return int(program.post("/api/jobs", {"total": total}).json["id"])


def feed(program: Program) -> dict[str, Any]:
    found: dict[str, Any] = program.get("/api/users?limit=1").json
    return found


def grow(program: Program, total: int) -> int:
    """The head after a whole job of that size."""
    start, job = feed(program), make(program, total)
    return int(program.until("job.finished", job=job, epoch=start["epoch"], after=start["head"])[-1]["offset"])


@pytest.mark.parametrize("name", CLIENTS_BY_NAME)
async def test_a_client_sees_every_event_once_in_order_over_cuts(
    name: str, service: Service, program: Program, folder: Path
) -> None:
    """Cut while it waits, with jobs made meanwhile; then in the first frame of what it missed, and in a later one."""
    start = await asyncio.to_thread(feed, program)
    async with Proxy(service.port) as proxy:
        with Running(CLIENTS_BY_NAME[name](proxy.address, folder, start["epoch"], start["head"]), folder) as client:
            await asyncio.to_thread(make, program, 50)
            await wait_until_async(lambda: len(client.offsets) == 53, SECONDS)
            proxy.is_refusing = True
            proxy.cut()
            head = await asyncio.to_thread(grow, program, 2000)
            assert len(client.offsets) == 53
            proxy.cut_after = [3_000, 70_000]
            proxy.is_refusing = False
            await wait_until_async(lambda: client.offsets[-1] == head, SECONDS)
            assert client.offsets == list(range(start["head"] + 1, head + 1))
            assert proxy.cut_after == []


@pytest.mark.parametrize("name", ["python", "curl"])
def test_a_client_that_was_killed_goes_on_from_its_cursor_file(
    name: str, service: Service, program: Program, folder: Path
) -> None:
    start = feed(program)
    command = CLIENTS_BY_NAME[name](service.address, folder, start["epoch"], start["head"])
    seen: list[int] = []
    for _ in range(2):
        make(program, 50)
        with Running(command, folder) as client:
            wait_until(lambda client=client: len(client.offsets) >= 53, SECONDS)  # type: ignore[misc]
            after = client.offsets[-1]
            wait_until(lambda after=after: str(after) in (folder / "cursor").read_text(), SECONDS)  # type: ignore[misc]
            seen += client.offsets
    assert seen == list(range(start["head"] + 1, start["head"] + 107))


@pytest.mark.parametrize("name", CLIENTS_BY_NAME)
def test_a_client_says_so_when_its_cursor_cannot_be_honoured(name: str, service: Service, folder: Path) -> None:
    with Running(CLIENTS_BY_NAME[name](service.address, folder, str(uuid4()), 5), folder) as client:
        assert client.wait(SECONDS) == 3
        assert "epoch" in client.complaints
        assert "Traceback" not in client.complaints


@pytest.mark.parametrize("name", CLIENTS_BY_NAME)
def test_a_client_stops_where_it_is_refused_for_good(name: str, service: Service, folder: Path) -> None:
    (folder / "token").write_text("arr_wrong")
    with Running(CLIENTS_BY_NAME[name](service.address, folder, str(uuid4()), 5), folder) as client:
        assert client.wait(SECONDS) == 1
        assert "refuses this" in client.complaints
        assert "Traceback" not in client.complaints


async def test_the_conformance_kit_finds_the_real_service_true(service: Service, program: Program) -> None:
    """With a log that was trimmed, so that no rule is left unseen."""
    await asyncio.to_thread(grow, program, 50)
    await asyncio.to_thread(service.manage, "shell", "-c", TRIM)
    address = f"{service.address.replace('http', 'ws')}/ws/users/"
    make = by_api(service.address, program.token)
    target = Target(address, make, token=program.token, patience_s=SECONDS, too_slow_s=2)
    found = [finding async for finding in findings(target)]
    assert [str(one) for one in found if one.verdict != Verdict.KEPT] == []


@pytest.mark.parametrize(
    ("is_known", "total", "words"), [(False, 1, "401.*manage.py token"), (True, 10**9, "422.*Ask for")]
)
async def test_the_conformance_kit_says_what_the_service_says_where_it_cannot_make_users(
    is_known: bool, total: int, words: str, service: Service, program: Program
) -> None:
    with pytest.raises(CannotMake, match=words):
        await by_api(service.address, program.token if is_known else "arr_wrong")(total)
