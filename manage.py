#!/usr/bin/env python3
"""Runs Arrivals' commands: `manage.py help` lists them."""

import sys

try:
    from asgi_config.command_line import main
except ModuleNotFoundError as missing:
    sys.stderr.write(f"This Python has no {missing.name}: use .venv/bin/python, which `make run` installs.\n")
    sys.exit(2)

if __name__ == "__main__":
    main()
