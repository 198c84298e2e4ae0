"""Prints known vulnerabilities of the locked packages, as far as the registry answers: `make audit`. Never fails."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

LOCKS = sorted((Path(__file__).resolve().parents[2] / "requirements").glob("*.txt"))
SECONDS = 300


def main() -> None:
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"]
    command += ["--disable-pip", "--require-hashes", *(f"--requirement={lock}" for lock in LOCKS)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        print("\n".join(report(json.loads(done.stdout)["dependencies"])))
    except (ValueError, subprocess.TimeoutExpired) as error:
        print(f"The packages could not be audited: {type(error).__name__}. Try it again with a network.")


def report(packages: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yields a line for each vulnerability, and a last one with the numbers. `packages`: as pip-audit prints them."""
    unknown = [package for package in packages if "skip_reason" in package]
    faults = [(package, fault) for package in packages for fault in package.get("vulns", [])]
    for package, fault in faults:
        names = ", ".join([fault["id"], *fault["aliases"]])
        fixed = f"fixed in {', '.join(fault['fix_versions'])}" if fault["fix_versions"] else "not fixed yet"
        yield f"{package['name']} {package['version']}: {names}, {fixed}"
    yield f"{len(packages)} packages, {len(faults)} known vulnerabilities, no answer for {len(unknown)} packages"


if __name__ == "__main__":
    main()
