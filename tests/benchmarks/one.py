"""Measures one benchmark on the database of DATABASE_URL; `python -m tests.benchmarks` reads its figures as JSON."""

import json
import sys
from importlib import import_module

from tests.benchmarks.frame import as_json

if __name__ == "__main__":
    figures = import_module(f"tests.benchmarks.{sys.argv[1]}").measure()
    sys.stdout.write(json.dumps(as_json(figures)) + "\n")
