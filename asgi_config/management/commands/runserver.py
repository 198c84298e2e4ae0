"""`runserver` with sockets. As an installed app, daphne would add 0.55 s of CPU to the start of every other process."""

from daphne.management.commands.runserver import Command

__all__ = ["Command"]
