"""`manage.py token USER`: prints a bearer token. Only the token goes to stdout, so that a script can read it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from task.terminal.command import CANNOT, find_user
from task.tokens import UnusableToken, make_token

DAYS = 90
ABOUT = (
    "Send `Authorization: Bearer TOKEN` to act as {user} {end}. The token is not shown again. "
    "Revoke it in the admin, under Tokens."
)


class Command(BaseCommand):
    help = "Create a bearer token for a program that acts as USER."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", metavar="USER", help="user whose permissions the program gets")
        parser.add_argument("--name", default="command line", help="purpose of the token, shown in the admin")
        parser.add_argument(
            "--days",
            type=int,
            default=DAYS,
            help=f"days until the token expires (default: {DAYS}; 0: never)",
        )

    def handle(self, *args: Any, user: str, name: str, days: int, **options: Any) -> None:
        found = find_user(user)
        try:
            token = make_token(user=found, name=name, days=days or None)
        except UnusableToken as error:
            raise CommandError(str(error), returncode=CANNOT) from error
        self.stdout.write(token)
        self.stderr.write(ABOUT.format(user=user, end=f"for {days} days" if days else "until it is revoked"))
