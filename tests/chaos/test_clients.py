"""Clients that misbehave on real connections: their cost to the web process is bounded, and ends with them."""

import asyncio
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from random import Random

import pytest

from realtime.endpoints.flow_control import FRAMES_AT_ONCE
from realtime.protocol import WINDOW_BYTES
from tests.chaos.checks import leaks, raw_client
from tests.chaos.checks.memory import MIB, resident_bytes
from tests.chaos.checks.raw_client import CONTINUATION, PING, PONG, TEXT, frame, text_frame
from tests.chaos.checks.truth import Truth
from tests.chaos.faults.hits import Strikes
from tests.chaos.form import either
from tests.support.clients.watcher import Watcher
from tests.support.services.program import Program
from tests.support.services.service import ROOT, Service
from tests.support.waiting import wait_until_async

STALLED = 20
ROUNDS = 3
MANY = either(short=150, long=1_000)
LOGGED = 20_000
SPARE_BYTES = 10 * MIB  # a crowd holds 8 to 14 MiB at once, so two leaking crowds would hold 16 or more
SECONDS = 400

pytestmark = [
    pytest.mark.timeout(3600),
    pytest.mark.skipif(sys.platform != "linux", reason="Needs /proc to count resources; run it on Linux"),
]


@dataclass(frozen=True)
class Site:
    """A service whose log is longer than any window."""

    service: Service
    program: Program

    @property
    def web(self) -> int:
        pid = self.service.pids().web
        assert pid
        return pid

    @property
    def head(self) -> int:
        return Truth(self.service.var_dir).cursor()[1]

    def client(self, query: str = "?after=0") -> AbstractContextManager[socket.socket]:
        return raw_client.connection(self.service.address, self.program.token, query)

    def make(self, total: int) -> int:
        """Runs a job of `total` accounts to its end. Returns the head of the feed after it."""
        job = self.program.post("/api/jobs", {"total": total}).json["id"]
        truth = Truth(self.service.var_dir)
        self.service.wait_until(lambda: truth.jobs()[job].state == "finished", SECONDS)
        return self.head

    def wait_until_alone(self) -> None:
        self.service.wait_until(lambda: not leaks.connections_to(self.service.address), SECONDS)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    environment = {"TOO_SLOW_SECONDS": "2", "SOCKETS_MAX": str(MANY)}  # all connections are of one user
    with Service(environment=environment, may_complain=True) as service:
        site = Site(service, Program(service))
        site.make(LOGGED)
        yield site
        assert "Traceback" not in service.stderr, service.stderr
        assert "took too long to shut down" not in service.stderr, service.stderr


def rounds(site: Site, strikes: Strikes, strike: Callable[[int], None]) -> None:
    """Strikes with one client to warm up, then with several crowds, and checks that nothing leaks.

    Memory is compared to that after the first crowd, because the allocator keeps its memory (9 to 11 MiB, measured).
    """
    descriptors, sizes = [], []
    for clients in (1, *[STALLED] * ROUNDS):
        strike(clients)
        site.wait_until_alone()
        descriptors.append(leaks.descriptors_of(site.web))
        sizes.append(resident_bytes(site.web))
    shown = [size // MIB for size in sizes]
    strikes.note(f"{strikes.names[0]}: RSS of the web process {shown[0]} MiB after one, then {shown[1:]}")
    assert max(descriptors) <= descriptors[0] + leaks.SPARE_DESCRIPTORS
    assert sizes[-1] <= sizes[1] + SPARE_BYTES


@pytest.mark.fault("a client stops reading")
def test_clients_that_stop_reading_cost_one_window_each_and_are_closed(site: Site, strikes: Strikes) -> None:
    """On a real connection with a small buffer, the kernel takes some data, and daphne holds the rest of the window."""
    peaks = []

    def stall(number: int) -> None:
        before = resident_bytes(site.web)
        with ExitStack() as stack:
            clients = [stack.enter_context(site.client()) for _ in range(number)]
            ended: set[socket.socket] = set()
            while len(ended) < number:
                peaks.append(resident_bytes(site.web) - before)
                ended |= {one for one in clients if has_ended(one)}
            strikes.hit(times=number)

    rounds(site, strikes, stall)
    strikes.note(f"{STALLED} clients that do not read: RSS of the web process grew by {max(peaks) // MIB} MiB at most")
    assert max(peaks) <= STALLED * 2 * WINDOW_BYTES


def has_ended(client: socket.socket) -> bool:
    """Returns whether the server has closed the connection. Poll reports it without a read."""
    poll = select.poll()
    poll.register(client, select.POLLRDHUP)
    return bool(poll.poll(10))


@pytest.mark.fault("a client reads and never acknowledges")
def test_a_client_that_never_acknowledges_is_closed_as_too_slow(site: Site, strikes: Strikes) -> None:
    with site.client() as client:
        assert raw_client.close_code(client) == 4008
        strikes.hit()


Flood = tuple[bytes, bytes]  # the first frame, and the one that is repeated

FLOODS = [(b"", text_frame(text)) for text in ('{"type":"wave"}', '{"type":"ack","offset":0}', "{}")]
BELOW = [
    (frame(TEXT, is_final=False), frame(CONTINUATION, is_final=False)),
    (b"", frame(PING)),
    (b"", frame(PONG, b"never asked")),
]


@pytest.mark.parametrize(
    "floods",
    [
        pytest.param(FLOODS, marks=pytest.mark.fault("a client floods the server with frames")),
        pytest.param(BELOW, marks=pytest.mark.fault("a client floods the server with frames below the consumer")),
    ],
)
def test_a_flood_of_frames_is_closed_while_pages_still_answer(
    site: Site, strikes: Strikes, floods: list[Flood]
) -> None:
    """During the flood the API must still answer."""

    def flood(number: int) -> None:
        with ExitStack() as stack:
            threads = [stack.enter_context(flooding(site, one, strikes)) for one in floods[:number]]
            while any(thread.is_alive() for thread in threads):
                assert site.program.get("/api/users?limit=1").status == 200

    rounds(site, strikes, flood)


@contextmanager
def flooding(site: Site, flood_of: Flood, strikes: Strikes) -> Iterator[threading.Thread]:
    """Floods until the server closes the connection. It must have sent more than is allowed by then."""
    first, repeated = flood_of

    def flood() -> None:
        sent = 0
        with site.client("") as client:
            try:
                client.sendall(first)
                while True:
                    client.sendall(repeated * 500)
                    sent += 500
            except OSError:
                assert sent >= FRAMES_AT_ONCE
                strikes.hit()

    thread = threading.Thread(target=flood)
    thread.start()
    yield thread
    thread.join()


@pytest.mark.fault("a client floods the server with frames")
def test_a_flood_of_frames_is_closed_with_4500(site: Site) -> None:
    """The limit allows 20 more frames in each second that the server takes to read them."""
    with site.client("") as client:
        with suppress(OSError):
            client.sendall(text_frame("{}") * 2 * FRAMES_AT_ONCE)
        assert raw_client.close_code(client) == 4500


@pytest.mark.fault("clients are killed with all their connections")
def test_killed_clients_leak_no_descriptors_and_no_memory(site: Site, strikes: Strikes) -> None:
    command = [sys.executable, "-m", "tests.chaos.checks.raw_client", site.service.address, site.program.token]

    def kill(number: int) -> None:
        with subprocess.Popen([*command, str(number)], cwd=ROOT, stdout=subprocess.PIPE, text=True) as program:
            assert program.stdout
            assert program.stdout.readline() == "open\n"
            assert leaks.connections_to(site.service.address) >= number
            os.kill(program.pid, signal.SIGKILL)
            strikes.hit(times=number)

    rounds(site, strikes, kill)


@pytest.mark.fault("all clients are cut and reconnect at once")
async def test_all_clients_reconnect_at_once_and_miss_no_event(site: Site, strikes: Strikes, random: Random) -> None:
    """They are cut while a job runs, and each resumes from its cursor. The user is at the connection limit."""
    start, epoch = site.head, Truth(site.service.var_dir).cursor()[0]
    token, address = site.program.token, site.service.address
    watchers = [Watcher(address, token=token, after=start, epoch=epoch) for _ in range(MANY)]
    making = asyncio.create_task(asyncio.to_thread(site.make, 500))
    async with asyncio.timeout(SECONDS * 3):
        await follow_to(watchers, start + random.randrange(50, 400))
        strikes.hit(times=MANY)
        await making
        # A thousand clients connect more slowly than 500 accounts are made. Without a second job, some would already
        # have every event.
        await follow_to(watchers, head := await asyncio.to_thread(site.make, 50))
    expected = list(range(start + 1, head + 1))
    assert all(watcher.offsets == expected for watcher in watchers)
    assert {watcher.connections for watcher in watchers} == {2}
    assert not any(watcher.resets or watcher.repeated for watcher in watchers)
    await wait_until_async(lambda: not leaks.connections_to(address), SECONDS)


async def follow_to(watchers: list[Watcher], offset: int) -> None:
    """Follows with all watchers at once. Each disconnects when it has reached the offset."""
    await asyncio.gather(*(watcher.follow(lambda seen: (seen.offset or 0) >= offset) for watcher in watchers))
