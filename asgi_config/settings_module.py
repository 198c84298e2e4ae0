"""Which settings module a process loads, and how it ends without a traceback if that is impossible."""

import os
import sys
from importlib import import_module
from typing import NoReturn

from django.core.exceptions import ImproperlyConfigured

from realtime.printable import printable

OWN = "asgi_config.settings"


def use_own_settings() -> str:
    """Returns the name in DJANGO_SETTINGS_MODULE, by default that of this project's settings.

    Raises ImproperlyConfigured for a module that is not built on them, because a shell may have set the variable for
    another project. A worker would then consume and discard that project's messages.
    """
    name = os.environ.setdefault("DJANGO_SETTINGS_MODULE", OWN)
    if name == OWN:  # loaded when it is needed: `help` works without a SECRET_KEY
        return name
    try:
        import_module(name)
    except ModuleNotFoundError as error:
        if not f"{name}.".startswith(f"{error.name}."):
            raise
        raise ImproperlyConfigured(f"There is no module DJANGO_SETTINGS_MODULE={name}: unset this variable.") from error
    if OWN not in sys.modules:
        raise ImproperlyConfigured(f"DJANGO_SETTINGS_MODULE={name} belongs to another project: unset this variable.")
    return name


def give_up(sentence: str) -> NoReturn:
    """Exits with 2, because 1 means "wrong" for `verify`."""
    sys.stderr.write(f"{printable(sentence)}\n")
    sys.exit(2)
