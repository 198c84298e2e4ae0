"""`manage.py new_epoch`: the last step of restoring the database from a backup."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from realtime import log

REFUSED, CANNOT = 1, 2
QUESTION = "Start a new epoch? Every open page and every watcher reloads. [y/N] "


class Command(BaseCommand):
    help = (
        "Start a new epoch after the database was restored from a backup. Every watcher reloads, instead of taking "
        "new events for events that it has seen. Accounts, jobs and the log do not change."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")

    def handle(self, *args: Any, yes: bool, **options: Any) -> None:
        if not yes:
            self._confirm()
        names = log.new_epoch()
        self.stdout.write(f"New epoch for: {', '.join(names)}." if names else "There is no feed yet: nothing to do.")

    def _confirm(self) -> None:
        if sys.stdin is None or not sys.stdin.isatty():
            raise CommandError("Cannot prompt here: use --yes. Nothing was changed.", returncode=CANNOT)
        self.stderr.write(QUESTION, str, ending="")
        self.stderr.flush()
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            raise CommandError("Nothing was changed.", returncode=REFUSED)
