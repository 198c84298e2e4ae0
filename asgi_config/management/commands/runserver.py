"""Django's `runserver` with sockets, from daphne.

daphne is not in INSTALLED_APPS, because as an app it adds 0.55 s of CPU to the start of every other process.
"""

from daphne.management.commands.runserver import Command

__all__ = ["Command"]
