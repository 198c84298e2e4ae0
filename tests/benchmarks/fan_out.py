"""A thousand clients and 500 events a second on one daphne, compared to textbook consumers and a bare broadcast.

The clients share the machine with the server, so the share that arrives within a second depends on the machine too.
The server's CPU time for each frame depends on the server alone.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil  # type: ignore[import-untyped]

from tests.benchmarks.frame import Figure, service
from tests.benchmarks.senders import APPEND, run_shell
from tests.support.services.program import Program
from tests.support.services.service import ROOT, Service, clean_environment, free_port
from tests.support.waiting import wait_until

CLIENTS = 1_000
EVENTS = 2_500
A_SECOND = 500
TOGETHER = 25
GRACE_SECONDS = 2.0

Used = Callable[[], float]  # CPU seconds since the start


@dataclass
class Delivered:
    """What all clients received, and the server's CPU time."""

    frames: int
    events: int
    in_time: int
    server_seconds: float

    @property
    def microseconds_a_frame(self) -> float:
        return self.server_seconds / max(1, self.frames) * 1e6


def measure() -> list[Figure]:
    with service(SOCKETS_MAX=str(CLIENTS + 10)) as running:
        ours = through_arrivals(running)
        address = running.var_dir.joinpath("redis.url").read_text().strip()
        single = through_textbook(address, each=1)
        together = through_textbook(address, each=TOGETHER)
    bare = through_broadcast()
    frame = {"compared_to": "broadcast", "ratio": ours.microseconds_a_frame / bare.microseconds_a_frame, "aim": "<= 5"}
    return [
        *delivered("the hub", ours, aim="1"),
        *delivered("textbook, a message per account", single, ours),
        *delivered(f"textbook, a message per {TOGETHER}", together, ours),
        *delivered("bare broadcast", bare),
        Figure(what="server time a frame, the hub", value=ours.microseconds_a_frame, unit="us", **frame),  # type: ignore[arg-type]
        Figure(what="server time a frame, bare broadcast", value=bare.microseconds_a_frame, unit="us"),
        Figure(
            what=f"server time a frame, textbook, {TOGETHER} a message", value=together.microseconds_a_frame, unit="us"
        ),
    ]


def delivered(way: str, what: Delivered, ours: Delivered | None = None, *, aim: str = "") -> list[Figure]:
    times = (
        {"ratio": ours.in_time / max(1, what.in_time), "compared_to": "hub to textbook", "aim": ">= 50"} if ours else {}
    )
    due = CLIENTS * EVENTS
    return [
        Figure(what=f"delivered, {way}", value=what.events / due, unit="of all", aim=aim),
        Figure(what=f"delivered within a second, {way}", value=what.in_time / due, unit="of all", **times),  # type: ignore[arg-type]
    ]


def through_arrivals(running: Service) -> Delivered:
    token = Program(running).token
    with crowd(running.port, "/ws/users/", token) as finish, watched(running.pids().web) as used:
        run_shell(running, APPEND.format(events=EVENTS, each=TOGETHER, every=TOGETHER / A_SECOND))
        settle(used)
        return finish(used)


def through_textbook(address: str, *, each: int) -> Delivered:
    port, environment = free_port(), clean_environment() | {"REDIS_URL": address}
    with (
        process("daphne", "-v", "0", "-p", str(port), "tests.benchmarks.textbook:application", **environment) as server,
        crowd(port, "/", "") as finish,
        watched(server.pid) as used,
    ):
        with process(
            "tests.benchmarks.textbook", str(EVENTS), str(each), str(each / A_SECOND), **environment
        ) as sender:
            sender.wait(120)
        settle(used)
        return finish(used)


def through_broadcast() -> Delivered:
    port, pace = free_port(), (str(EVENTS), str(TOGETHER), str(TOGETHER / A_SECOND))
    with (
        process("tests.benchmarks.textbook", "broadcast", str(port), *pace, **clean_environment()) as server,
        crowd(port, "/", "") as finish,
        watched(server.pid) as used,
    ):
        assert server.stdin
        server.stdin.write("go\n")
        server.stdin.flush()
        wait_until(lambda: used() > 0, 30)
        settle(used)
        return finish(used)


@contextmanager
def process(module: str, *arguments: str, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    started = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


@contextmanager
def crowd(port: int, path: str, token: str) -> Iterator[Callable[[Used], Delivered]]:
    """Yields, once all clients are connected, a function that ends the crowd and returns what it received."""
    wait_until(lambda: listens(port), 60)
    arguments = ("127.0.0.1", str(port), path, token, str(CLIENTS))
    with process("tests.benchmarks.crowd", *arguments, **clean_environment()) as clients:
        assert clients.stdin
        assert clients.stdout
        assert clients.stdout.readline() == "READY\n"

        def finish(used: Used) -> Delivered:
            seconds = used()
            frames, events, in_time = json.loads(clients.communicate(timeout=60)[0])
            return Delivered(frames, events, in_time, seconds)

        yield finish


@contextmanager
def watched(pid: int | None) -> Iterator[Used]:
    """Yields a function that returns the CPU time that the process has used since."""
    one = psutil.Process(pid)
    before = sum(one.cpu_times()[:2])
    yield lambda: float(sum(one.cpu_times()[:2]) - before)


def settle(used: Used) -> None:
    """Waits until the server is idle, for at most ten seconds."""
    last = [-1.0]

    def is_idle() -> bool:
        before, last[0] = last[0], used()
        return last[0] - before < 0.02 * GRACE_SECONDS

    for _ in range(5):
        psutil.cpu_percent(GRACE_SECONDS)  # waits
        if is_idle():
            return


def listens(port: int) -> bool:
    return any(one.laddr.port == port and one.status == "LISTEN" for one in psutil.net_connections("tcp"))
