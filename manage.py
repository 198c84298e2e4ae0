#!/usr/bin/env python
"""Runs Arrivals' commands: `manage.py help` lists them."""

from asgi_config.command_line import main

if __name__ == "__main__":
    main()
