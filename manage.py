#!/usr/bin/env python
"""Runs Arrivals' commands: `manage.py help` lists them."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from asgi_config.var_dir import make_secret_key


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "asgi_config.settings")
    try:
        if sys.argv[1:2] == ["live"]:
            make_secret_key()
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        if "--traceback" in sys.argv:
            raise
        sys.exit(str(error))


if __name__ == "__main__":
    main()
