"""The small clients of docs/clients, started as their users start them. Each prints one event a line."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from tests.support.node import NODE
from tests.support.services.service import ROOT

CLIENTS = ROOT / "docs" / "clients"


def python_command(address: str, folder: Path) -> Sequence[str | Path]:
    url, program = f"{address.replace('http', 'ws')}/ws/users/", CLIENTS / "arrivals_client.py"
    return [sys.executable, program, url, "--token-file", folder / "token", "--cursor-file", folder / "cursor"]


def node_command(address: str, folder: Path) -> Sequence[str | Path]:
    return [NODE, CLIENTS / "follow.mjs", f"{address}/ws/users/", folder / "token", folder / "cursor"]


def curl_command(address: str, folder: Path) -> Sequence[str | Path]:
    return [CLIENTS / "follow.sh", address, folder / "token", folder / "cursor"]


COMMANDS = {"python": python_command, "node": node_command, "curl": curl_command}


def begin_at(name: str, folder: Path, *, offset: int, epoch: str = "") -> None:
    """Writes the client's cursor file. Without one, a client begins at the head."""
    cursor = {"epoch": epoch, "offset": offset} if epoch else {"offset": offset}
    query = f"after={offset}&epoch={epoch}" if epoch else f"after={offset}"
    (folder / "cursor").write_text(query if name == "curl" else json.dumps(cursor))


class Running:
    """A client that runs for the time of the block. Its properties read its output again at each access."""

    def __init__(self, name: str, address: str, folder: Path) -> None:
        self._command = COMMANDS[name](address, folder)
        self._said = folder / "said"
        self._complained = folder / "complained"
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        environment = {name: value for name, value in os.environ.items() if name.lower() != "no_proxy"}
        environment |= dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:1")
        with self._said.open("wb") as said, self._complained.open("wb") as complained:
            self.process = subprocess.Popen(
                self._command, stdout=said, stderr=complained, env=environment, start_new_session=True
            )
        return self

    def __exit__(self, *_: object) -> None:
        """Kills the whole process group, because the shell may wait for a curl."""
        assert self.process
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def wait(self, seconds: float) -> int:
        """Waits for the end, and returns the exit code."""
        assert self.process
        return self.process.wait(seconds)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The printed lines without the last one if it is still incomplete."""
        whole, _, _ = self._said.read_text().rpartition("\n")
        return [json.loads(line) for line in whole.splitlines()]

    @property
    def events(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if "offset" in line]

    @property
    def users(self) -> dict[int, str]:
        """The names of the current users, computed from the snapshot and the events after it."""
        users: dict[int, str] = {}
        for line in self.lines:
            if line["type"] == "snapshot":
                users = {}
            elif line["type"] in {"user.listed", "user.created"}:
                users[line["user"]["id"]] = line["user"]["username"]
            elif line["type"] == "user.removed":
                users.pop(line["user"]["id"], None)
        return users

    @property
    def offsets(self) -> list[int]:
        return [event["offset"] for event in self.events]

    @property
    def complaints(self) -> str:
        return self._complained.read_text()
