#!/usr/bin/env python3
"""Runs Arrivals' commands: `manage.py help` lists them."""

import os
import sys

try:
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db.utils import DatabaseError, InterfaceError
except ModuleNotFoundError as missing:
    sys.stderr.write(f"This Python has no {missing.name}: use .venv/bin/python, which `make run` installs.\n")
    sys.exit(2)

from asgi_config.var_dir import make_secret_key
from realtime.printable import printable
from task.database.errors import describe


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "asgi_config.settings")
    try:
        if sys.argv[1:2] == ["live"]:
            make_secret_key()
        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:  # while Django starts; a running command prints its own sentence
        sys.exit(130)
    except ImproperlyConfigured as error:
        give_up(str(error))
    except (DatabaseError, InterfaceError) as error:
        give_up(describe(error))


def give_up(sentence: str) -> None:
    """Prints the sentence, or raises the current error if --traceback is given.

    Exits with 2, because 1 means "wrong" for `verify`.
    """
    if "--traceback" in sys.argv:
        raise  # noqa: PLE0704
    sys.stderr.write(f"{printable(sentence)}\n")
    sys.exit(2)


if __name__ == "__main__":
    main()
