"""Resources that a service holds: processes, descriptors, connections. They must be the same before and after a run."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from redis import Redis
from redis.exceptions import RedisError

from tests.chaos.checks.truth import Truth
from tests.chaos.form import either
from tests.support.services.processes import Process
from tests.support.services.service import Service

# Threads and pools keep some descriptors open for the next request. Watchers reconnect by the dozen, so a leak of one
# for each is found. The limit for descriptors is double, because Redis has one for each of its clients.
SPARE_DESCRIPTORS = 12
SPARE = {"descriptors": 2 * SPARE_DESCRIPTORS, "clients of Redis": 12, "sessions of PostgreSQL": 12}
ESTABLISHED, CLOSE_WAIT = "01", "08"

# The queue's own keys. A message that a killed worker had taken stays unacknowledged for two minutes. Then it is
# delivered again and ends at once: the long form waits for that.
ALLOWED_KEYS = re.compile(
    either(
        short=r"arrivals\.[0-9a-f]{12}\.(?:_kombu\.binding[\w.]*|unacked_mutex|unacked|unacked_index)",
        long=r"arrivals\.[0-9a-f]{12}\.(?:_kombu\.binding[\w.]*|unacked_mutex)",
    )
)
SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"


@dataclass(frozen=True)
class Held:
    processes: Counter[str]
    numbers: Mapping[str, int]


def held_by(service: Service, truth: Truth, webs: Iterable[int] = ()) -> Held:
    """Returns what all processes of the service hold together, including the additional web processes `webs`.

    Leaves out descriptors of pool children, because a replacement child has copies of all that its parent had open.
    """
    family = service.processes()
    parts = {*webs, *(one.pid for one in family)} - {*service.pids().pool}
    return Held(
        Counter(_kind(process) for process in family),
        {
            "descriptors": sum(descriptors_of(pid) for pid in parts),
            "clients of Redis": clients_of_redis(service.redis_url),
            "sessions of PostgreSQL": int(truth.rows(SESSIONS)[0][0]) if truth.database_url else 0,
        },
    )


def grown(before: Held, after: Held) -> list[str]:
    """Returns a sentence for each resource that grew, and for processes that changed in any way."""
    found = []
    if before.processes != after.processes:
        found.append(f"processes before {dict(before.processes)}, after {dict(after.processes)}")
    found += [
        f"{name} before {number}, after {after.numbers[name]}"
        for name, number in before.numbers.items()
        if after.numbers[name] > number + SPARE[name]
    ]
    return found


def clients_of_redis(redis_url: str) -> int:
    """Returns 0 if Redis does not answer; `unexpected_keys` reports that."""
    with suppress(RedisError), Redis.from_url(redis_url) as redis:
        return len(redis.client_list())
    return 0


def connections_to(address: str) -> int:
    """Counts the connections that the web process still holds, including those that only the client has closed."""
    port = f":{urlsplit(address).port:04X}"
    tables = [Path("/proc/net/tcp"), Path("/proc/net/tcp6")]
    lines = [line.split() for table in tables if table.exists() for line in table.read_text().splitlines()[1:]]
    return sum(fields[1].endswith(port) and fields[3] in {ESTABLISHED, CLOSE_WAIT} for fields in lines)


def unexpected_keys(redis_url: str) -> list[str]:
    """Returns keys that should not exist, including a queue with messages, because all work is done."""
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
    """Returns the command without its numbers, which differ from start to start."""
    return re.sub(r"\d+", "N", process.command)[:200]
