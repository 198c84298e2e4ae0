"""`manage.py live`: runs Redis, the worker, beat and the web process until Ctrl-C."""

import sys
from argparse import ArgumentParser, ArgumentTypeError
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from asgi_config.live.process import CouldNotStart
from asgi_config.live.run import Live
from asgi_config.var_dir import write_errors_explained
from task.terminal.command import CANNOT


def positive(value: str) -> int:
    if not value.isdecimal() or int(value) < 1:
        raise ArgumentTypeError(f"{value} is not a whole number of 1 or more")
    return int(value)


class Command(BaseCommand):
    help = "Start Redis, worker, beat and web process, and print the address and a sign-in link. Ctrl-C stops all."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=settings.HOST)
        parser.add_argument("--port", default=settings.PORT, type=positive)
        parser.add_argument("--workers", default=2, type=positive, metavar="N", help="number of worker processes")

    def handle(self, *args: Any, host: str, port: int, workers: int, **options: Any) -> None:
        try:
            with write_errors_explained():
                was_graceful = Live(
                    host=host,
                    port=port,
                    pool=workers,
                    write=self._write,
                    warn=self._warn,
                    is_terminal=self.stdout.isatty(),
                ).run()
        except CouldNotStart as error:
            self._warn(str(error))
            sys.exit(CANNOT)
        sys.exit(0 if was_graceful else 130)

    def _write(self, line: str) -> None:
        """Ignores a closed stdout, so that the service continues."""
        with suppress(OSError):
            self.stdout.write(line)
            self.stdout.flush()

    def _warn(self, line: str) -> None:
        with suppress(OSError):
            self.stderr.write(line)
