"""`manage.py token USER`: prints a bearer token, alone on stdout, so that a script can take it from there."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from task.terminal.command import CANNOT, user_named
from task.tokens import UnusableToken, make_token

DAYS = 90
ABOUT = (
    "This token of {user} may do what {user} may, {end}, as `Authorization: Bearer TOKEN`. It is not shown again; "
    "revoke it in the admin, under Tokens."
)


class Command(BaseCommand):
    help = "Make a bearer token for a program that acts as USER."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", metavar="USER", help="name of the user whose rights the program gets")
        parser.add_argument("--name", default="made in a shell", help="what the token is for, as the admin lists it")
        parser.add_argument(
            "--days",
            type=int,
            default=DAYS,
            help=f"for how long it is valid: {DAYS} by default, so that one that is forgotten ends; 0 for no end",
        )

    def handle(self, *args: Any, user: str, name: str, days: int, **options: Any) -> None:
        found = user_named(user)
        if found is None:
            raise CommandError(f"There is no user {user}.", returncode=CANNOT)
        try:
            token = make_token(user=found, name=name, days=days or None)
        except UnusableToken as error:
            raise CommandError(str(error), returncode=CANNOT) from error
        self.stdout.write(token)
        self.stderr.write(ABOUT.format(user=user, end=f"for {days} days" if days else "until it is revoked"))
