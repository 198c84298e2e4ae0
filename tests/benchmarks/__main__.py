"""`make bench`: runs every benchmark on each of its databases, and writes one table and a JSON file.

`make bench ONLY=writing,pages` runs only these.
"""

import json
import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

from tests.benchmarks.frame import Figure, as_json, machine, show
from tests.support.services import postgres
from tests.support.services.service import ROOT

ALL = {
    "startup": ["sqlite"],
    "first_500": ["sqlite", "postgresql"],
    "writing": ["sqlite", "postgresql"],
    "hot_path": ["sqlite", "postgresql"],
    "page_writes": ["sqlite", "postgresql"],
    "latency": ["sqlite", "postgresql"],
    "fan_out": ["sqlite"],
    "replay": ["sqlite", "postgresql"],
    "memory": ["sqlite"],
    "pages": ["sqlite", "postgresql"],
    "steering": ["sqlite"],
    "full_strength": ["sqlite"],
}
LONGEST_SECONDS = 900


def main() -> int:
    asked = [name for name in os.environ.get("ONLY", "").split(",") if name] or list(ALL)
    if unknown := sorted(set(asked) - set(ALL)):
        sys.exit(f"There is no benchmark {', '.join(unknown)}. ONLY takes {', '.join(ALL)}.")
    about = machine()
    figures: dict[tuple[str, str], list[Figure]] = {}
    failed = []
    for name, database in [(one, database) for one in asked for database in ALL[one]]:
        sys.stderr.write(f"measuring {name} on {database}\n")
        found = measured(name, database)
        if found is None:
            failed.append(f"{name} on {database}")
        else:
            figures[name, database] = found
    show(figures, about)
    keep(figures, about)
    if failed:
        sys.stderr.write(f"Could not be measured: {', '.join(failed)}; see their output above.\n")
    return bool(failed)


def measured(name: str, database: str) -> list[Figure] | None:
    """Runs a benchmark in a new process, because settings and loaded modules of the last one would remain."""
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    with postgres.running() if database == "postgresql" else nullcontext() as url:
        if url:
            environment["DATABASE_URL"] = url
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.one", name],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )
    return [Figure(**one) for one in json.loads(done.stdout.splitlines()[-1])] if done.returncode == 0 else None


def keep(figures: dict[tuple[str, str], list[Figure]], about: dict[str, str]) -> None:
    file = Path(os.environ.get("VAR_DIR") or ROOT / "var") / "bench.json"
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    runs = [
        {"benchmark": name, "database": database, "figures": as_json(found)}
        for (name, database), found in figures.items()
    ]
    file.write_text(json.dumps({"machine": about, "runs": runs}, indent=2) + "\n")
    sys.stdout.write(f"The same as JSON: {file}\n")


if __name__ == "__main__":
    sys.exit(main())
