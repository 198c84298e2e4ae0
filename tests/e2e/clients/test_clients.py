"""The clients of docs/clients on the real service, over cut connections: no event is lost or repeated."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.support.clients import wire
from tests.support.clients.client_programs import COMMANDS, Running, begin_at
from tests.support.services.program import Program
from tests.support.services.proxy import Proxy
from tests.support.services.service import Service
from tests.support.waiting import wait_until, wait_until_async

SECONDS = 120


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


@pytest.fixture
def long_log(program: Program) -> int:
    """The head of a log that is larger than a window. An event takes 190 bytes."""
    missing = max(50, 6_500 - feed(program)["head"])
    return grow(program, missing)


def make(program: Program, total: int) -> int:
    return int(program.post("/api/jobs", {"total": total}).json["id"])


def feed(program: Program) -> dict[str, Any]:
    found: dict[str, Any] = program.get("/api/users?limit=1").json
    return found


def begin_at_head(name: str, program: Program, folder: Path) -> dict[str, Any]:
    start = feed(program)
    begin_at(name, folder, epoch=start["epoch"], offset=start["head"])
    return start


def grow(program: Program, total: int) -> int:
    """Runs a whole job of that size, and returns the head after it."""
    start, job = feed(program), make(program, total)
    return int(program.until("job.finished", job=job, epoch=start["epoch"], after=start["head"])[-1]["offset"])


@pytest.mark.parametrize("name", COMMANDS)
async def test_a_client_sees_every_event_once_in_order_over_cuts(
    name: str, service: Service, program: Program, folder: Path
) -> None:
    """Cut while it waits and a job is made; then in the first frame of the missed events, and in a later one."""
    start = await asyncio.to_thread(begin_at_head, name, program, folder)
    async with Proxy(service.port, overhears=True) as proxy:
        with Running(name, proxy.address, folder) as client:
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
            wire.require_documented_events(client.events)


@pytest.mark.parametrize("name", ["python", "node"])
async def test_a_log_larger_than_the_window_is_read_over_one_connection(
    name: str, service: Service, long_log: int, folder: Path
) -> None:
    """Without an acknowledgement the server would close it after TOO_SLOW_SECONDS."""
    begin_at(name, folder, offset=0)
    async with Proxy(service.port, overhears=True) as proxy:
        with Running(name, proxy.address, folder) as client:
            await wait_until_async(lambda: (folder / "cursor").read_text().endswith(f"{long_log}}}"), SECONDS)
            assert client.offsets == list(range(1, long_log + 1))
        assert proxy.connections == 1


@pytest.mark.parametrize("name", ["python", "node"])
async def test_a_client_reconnects_after_silence_on_an_open_connection(
    name: str, service: Service, program: Program, folder: Path
) -> None:
    """The connection is not cut, so only the silence can show the failure."""
    start = await asyncio.to_thread(begin_at_head, name, program, folder)
    async with Proxy(service.port, overhears=True) as proxy:
        with Running(name, proxy.address, folder) as client:
            await asyncio.to_thread(make, program, 50)
            await wait_until_async(lambda: len(client.offsets) == 53, SECONDS)
            proxy.blackhole()
            head = await asyncio.to_thread(grow, program, 50)
            await wait_until_async(lambda: proxy.connections == 2, SECONDS)
            proxy.heal()
            await wait_until_async(lambda: client.offsets[-1] == head, SECONDS)
            assert client.offsets == list(range(start["head"] + 1, head + 1))


@pytest.mark.parametrize("name", COMMANDS)
def test_a_killed_client_continues_from_its_cursor_file(
    name: str, service: Service, program: Program, folder: Path
) -> None:
    start = begin_at_head(name, program, folder)
    seen: list[int] = []
    for _ in range(2):
        make(program, 50)
        with Running(name, service.address, folder) as client:
            wait_until(lambda client=client: len(client.offsets) >= 53, SECONDS)  # type: ignore[misc]
            after = client.offsets[-1]
            wait_until(lambda after=after: str(after) in (folder / "cursor").read_text(), SECONDS)  # type: ignore[misc]
            seen += client.offsets
    assert seen == list(range(start["head"] + 1, start["head"] + 107))


@pytest.mark.parametrize("name", COMMANDS)
def test_a_client_without_a_cursor_saves_its_start_at_once(
    name: str, service: Service, program: Program, folder: Path
) -> None:
    with Running(name, service.address, folder):
        wait_until((folder / "cursor").exists)
    start = feed(program)
    head = grow(program, 50)
    with Running(name, service.address, folder) as client:
        wait_until(lambda: client.offsets[-1:] == [head], SECONDS)
        assert client.offsets == list(range(start["head"] + 1, head + 1))


@pytest.mark.parametrize("name", COMMANDS)
def test_a_client_stops_when_it_is_refused_for_good(name: str, service: Service, folder: Path) -> None:
    (folder / "token").write_text("arr_wrong")
    begin_at(name, folder, epoch=str(uuid4()), offset=5)
    with Running(name, service.address, folder) as client:
        assert client.wait(SECONDS) == 1
        assert "The server refuse" in client.complaints
        assert "Traceback" not in client.complaints
