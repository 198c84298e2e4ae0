"""`manage.py link [USER]`: prints a new sign-in link."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from asgi_config.live.address import address_of, read
from asgi_config.sign_in import operator_account
from asgi_config.sign_in.links import make_link
from realtime.printable import printable
from task.terminal.command import CANNOT, find_user


class Command(BaseCommand):
    help = "Print a link that signs a user in once, within 10 minutes. The user's earlier links expire."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "user", nargs="?", default=operator_account.NAME, help="name of the user (default: operator)"
        )

    def handle(self, *args: Any, user: str, **options: Any) -> None:
        found = find_user(user)
        if not found.is_active:
            raise CommandError(f"The user {printable(user)} is not active.", returncode=CANNOT)
        configured = address_of(
            host=settings.HOST, port=settings.PORT, https=settings.HTTPS, allowed_hosts=settings.ALLOWED_HOSTS
        )
        self.stdout.write(make_link(user=found, address=read(settings.VAR_DIR / "address", default=configured)))
