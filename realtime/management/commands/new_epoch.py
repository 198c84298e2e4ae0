"""`manage.py new_epoch`: what a restore ends with."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from realtime import log

REFUSED, CANNOT = 1, 2
QUESTION = "Begin a new epoch? Every open page and every watcher reloads. [y/N] "


class Command(BaseCommand):
    help = (
        "After the database was restored from a backup: begin a new epoch, so that every watcher reloads instead of "
        "taking new events for those that it has seen. Accounts, jobs and the log stay as they are."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, yes: bool, **options: Any) -> None:
        if not yes:
            self._ask()
        names = log.new_epoch()
        self.stdout.write(f"A new epoch begins: {', '.join(names)}." if names else "There is no feed yet.")

    def _ask(self) -> None:
        if sys.stdin is None or not sys.stdin.isatty():
            raise CommandError("Nobody can be asked here: say --yes. Nothing was changed.", returncode=CANNOT)
        self.stderr.write(QUESTION, str, ending="")
        self.stderr.flush()
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            raise CommandError("Nothing was changed.", returncode=REFUSED)
