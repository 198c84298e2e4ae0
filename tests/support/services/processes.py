"""The processes of the machine, read from /proc, or from ps if there is no /proc."""

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    command: str


def all_processes() -> dict[int, Process]:
    """Returns all processes except zombies."""
    found = _from_proc() if (PROC / "self/stat").exists() else _from_ps()
    return {process.pid: process for process in found}


def descendants(pid: int) -> list[Process]:
    everything = all_processes()
    found: list[Process] = []
    ancestors = {pid}
    while more := [one for one in everything.values() if one.parent in ancestors and one not in found]:
        found += more
        ancestors |= {one.pid for one in more}
    return found


def started_with(entry: str) -> list[Process]:
    """Returns the processes whose environment had this entry, NAME=value, at their start. Needs /proc."""
    return [one for one in all_processes().values() if entry.encode() in _environment(one.pid)]


def still_there(known: list[Process]) -> list[Process]:
    """Returns those that still run. Ignores the parent, because an orphan gets a new one."""
    everything = all_processes()
    return [one for one in known if one.pid in everything and everything[one.pid].command == one.command]


def _environment(pid: int) -> list[bytes]:
    with suppress(OSError):
        return (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    return []


def _from_proc() -> Iterator[Process]:
    for folder in PROC.glob("[0-9]*"):
        with suppress(OSError):
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line)
            if not status["State"].strip().startswith(("Z", "X")):
                yield Process(int(folder.name), int(status["PPid"]), command)


def _from_ps() -> Iterator[Process]:
    listing = subprocess.run(["ps", "-axo", "pid=,ppid=,stat=,command="], capture_output=True, text=True, check=True)
    for line in listing.stdout.splitlines():
        pid, parent, state, command = line.split(None, 3)
        if not state.startswith("Z"):
            yield Process(int(pid), int(parent), command)
