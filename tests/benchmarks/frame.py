"""Shared parts of the benchmarks: figures, alternating measurements, and the table."""

import math
import os
import platform
import resource
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command
from rich.console import Console
from rich.table import Table

from tests.support.services.service import Service

PACKAGES = ("django", "channels", "channels-redis", "celery", "daphne", "psycopg")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A measured median. `ratio` relates it to `compared_to`; `aim` is the wanted ratio or value, if there is one."""

    what: str
    value: float
    unit: str
    spread: str = ""
    compared_to: str = ""
    ratio: float | None = None
    aim: str = ""


def set_up_django() -> None:
    """Sets up Django in this process, with its own folders and an empty, migrated database."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    call_command("migrate", verbosity=0)


def service(*options: str, **environment: str) -> Service:
    """Returns the shipped service, on the database of DATABASE_URL if it is set."""
    given = {name: os.environ[name] for name in ("DATABASE_URL",) if name in os.environ}
    return Service(environment=given | environment, options=options, may_complain=True)


def in_turn(rounds: int, **ways: Callable[[], float]) -> dict[str, list[float]]:
    """Returns the results of each way, called in the order A B C A B C ..., so a drift in speed affects all alike."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            found[name].append(way())
    return found


def figure(what: str, values: Sequence[float], unit: str, **more: Any) -> Figure:
    """Returns the median of the values, with the least and the greatest."""
    spread = f"{short(min(values))} to {short(max(values))}" if len(values) > 1 else ""
    return Figure(what=what, value=statistics.median(values), unit=unit, spread=spread, **more)


def ratio(these: Sequence[float], others: Sequence[float]) -> float:
    """Returns the median ratio of pairs of values that were measured one after the other."""
    return statistics.median(this / other for this, other in zip(these, others, strict=True))


def percentile(values: Sequence[float], share: float) -> float:
    """Returns the percentile by nearest rank: p99 of a hundred values is the second greatest."""
    return sorted(values)[math.ceil(len(values) * share) - 1]


@dataclass
class Spent:
    """Wall and CPU seconds of the block of a `with spent()`."""

    wall: float = 0.0
    processor: float = 0.0


@contextmanager
def spent() -> Iterator[Spent]:
    found, began, used = Spent(), time.perf_counter(), processor_seconds()
    yield found
    found.wall, found.processor = time.perf_counter() - began, processor_seconds() - used


def processor_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def machine() -> dict[str, str]:
    """Returns the properties of the machine and the packages that the figures depend on."""
    names = [line for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = [line.split()[1] for line in _lines("/proc/meminfo") if line.startswith("MemTotal")]
    return {
        "processor": f"{os.cpu_count()} x {names[0].partition(':')[2].strip() if names else platform.machine()}",
        "memory": f"{int(memory[0]) / 2**20:.1f} GB" if memory else "unknown",
        "system": platform.platform(),
        "load at the start": f"{os.getloadavg()[0]:.1f}",
        "python": platform.python_version(),
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
    }


def as_json(figures: Sequence[Figure]) -> list[dict[str, Any]]:
    return [asdict(one) for one in figures]


def show(figures: dict[tuple[str, str], list[Figure]], about: dict[str, str]) -> None:
    """Prints the machine and one table. The key of `figures` is benchmark and database."""
    console = Console(width=None if Console().is_terminal else 180)
    for name, value in about.items():
        console.print(f"{name}: {value}", highlight=False)
    table = Table("benchmark", "database", "what", "median", "least to most", "ratio", "compared to", "aim")
    for (benchmark, database), found in figures.items():
        for one in found:
            of = "" if one.ratio is None else short(one.ratio)
            table.add_row(
                benchmark,
                database,
                one.what,
                f"{short(one.value)} {one.unit}",
                one.spread,
                of,
                one.compared_to,
                one.aim,
            )
        table.add_section()
    console.print(table)


def short(value: float) -> str:
    """Formats with three significant digits."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _lines(file: str) -> list[str]:
    path = Path(file)
    return path.read_text().splitlines() if path.exists() else []
