"""`make run` in a fresh clone, cold and warm: time to the first page, and to the line that the worker is ready."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from tests.benchmarks.frame import Figure, figure
from tests.support.services.service import ROOT, clean_environment, free_port
from tests.support.waiting import wait_until

WARM_ROUNDS = 3
START_SECONDS = 300


def measure() -> list[Figure]:
    folder = Path(tempfile.mkdtemp(prefix="arrivals-clone-"))
    try:
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder / "clone")], check=True)
        cold = [start(folder / "clone")]
        warm = [start(folder / "clone") for _ in range(WARM_ROUNDS)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return [
        figure(f"make run, {name}, to {what}", [times[place] for times in found], "s")
        for name, found in (("cold (a fresh clone)", cold), ("warm", warm))
        for place, what in enumerate(("the first page", "the worker's readiness"))
    ]


def start(clone: Path) -> tuple[float, float]:
    """Returns the seconds to the sign-in page, and to the printed URL, for which the worker must be ready."""
    port = free_port()
    log = clone / "output"
    began = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["make", "run"],
            cwd=clone,
            env=clean_environment() | {"PORT": str(port)},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        wait_until(lambda: answers(port) or process.poll() is not None, START_SECONDS)
        page = time.perf_counter() - began
        wait_until(lambda: "Ctrl-C" in log.read_text() or process.poll() is not None, START_SECONDS)
        ready = time.perf_counter() - began
        assert process.poll() is None, log.read_text()
    finally:
        os.killpg(
            process.pid, signal.SIGINT
        )  # to the whole group, as a terminal does, because make does not pass signals on
        process.wait(60)
    return page, ready


def answers(port: int) -> bool:
    try:
        return bool(
            build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{port}/accounts/login/", timeout=20).status == 200
        )
    except (URLError, OSError):
        return False
