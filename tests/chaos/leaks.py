"""What a service holds of the machine: the same before and after, whatever happened between."""

import os
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from redis import Redis
from redis.exceptions import RedisError

from tests.processes import Process
from tests.service import Service

# Threads keep what they opened for the next request; watchers come back by the dozen, so one left by each is seen.
SPARE_DESCRIPTORS = 12
ESTABLISHED, CLOSE_WAIT = "01", "08"

# What the queue keeps for itself. A message that a killed worker had taken stays among the unacknowledged for two
# minutes, then it comes again and ends at once; so that their number is no leak, but that of every other key is.
ALLOWED_KEYS = re.compile(r"_kombu\.binding[\w.]*|unacked|unacked_index|unacked_mutex")


@dataclass(frozen=True)
class Held:
    processes: Counter[str]
    descriptors: int


def held_by(service: Service, webs: Sequence[int] | None = None) -> Held:
    """`webs`: the pids of the web processes, where they are not the service's one."""
    return Held(
        Counter(_kind(process) for process in service.processes()),
        sum(descriptors_of(pid) for pid in webs or [service.pids().web or 0]),
    )


def grown(before: Held, after: Held) -> list[str]:
    """One sentence for each thing of which there is more than before, or of which there is less."""
    found = []
    if before.processes != after.processes:
        found.append(f"processes before {dict(before.processes)}, after {dict(after.processes)}")
    if after.descriptors > before.descriptors + SPARE_DESCRIPTORS:
        found.append(f"file descriptors before {before.descriptors}, after {after.descriptors}")
    return found


def connections_to(address: str) -> int:
    """How many the web process still holds, or has not closed although its client has."""
    port = f":{urlsplit(address).port:04X}"
    tables = [Path("/proc/net/tcp"), Path("/proc/net/tcp6")]
    lines = [line.split() for table in tables if table.exists() for line in table.read_text().splitlines()[1:]]
    return sum(fields[1].endswith(port) and fields[3] in {ESTABLISHED, CLOSE_WAIT} for fields in lines)


def unexpected_keys(redis_url: str) -> list[str]:
    """Keys that no one accounts for; also what waits in a queue, for when all is done there is nothing in it."""
    try:
        with Redis.from_url(redis_url) as redis:
            names = [name.decode(errors="replace") for name in redis.scan_iter()]
    except RedisError as error:
        return [f"Redis does not answer: {error!r}"]
    return sorted(name for name in names if not ALLOWED_KEYS.fullmatch(name))


def descriptors_of(pid: int) -> int:
    with suppress(OSError):
        return len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 (a count of names)
    return 0


def _kind(process: Process) -> str:
    """Its command, without what differs from start to start."""
    return re.sub(r"\d+", "N", process.command)[:200]
