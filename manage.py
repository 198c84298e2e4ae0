#!/usr/bin/env python3
"""Runs Arrivals' commands: `manage.py help` lists them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # Python leaves it out if PYTHONSAFEPATH is set

try:
    from asgi_config.command_line import main
except ModuleNotFoundError as missing:
    sys.stderr.write(f"This Python has no {missing.name}: use .venv/bin/python, which `make run` installs.\n")
    sys.exit(2)

if __name__ == "__main__":
    main()
