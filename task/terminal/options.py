"""The options of `manage.py generate`.

A password is typed or read from standard input. It is never an argument, because the process list and the shell's
history show arguments.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from getpass import getpass
from typing import Any

from django.contrib.auth.models import Group
from django.core.management.base import CommandError

from task.options import CHOICES, SHARED, Options
from task.terminal.command import CANNOT, optional_whole_number

HELP = {
    "names": "random: like user_kqzlmwxapr; realistic: first and last names",
    "locale": "language of realistic names",
    "passwords": "individual: a different password each; shared: one password for all, which you type",
    "hashing": "hashing of individual passwords. light: fast, safe for random passwords; full: Django's default",
}


def add_options(parser: ArgumentParser) -> None:
    for name, words in HELP.items():
        default = getattr(Options(), name)
        parser.add_argument(f"--{name}", choices=CHOICES[name], default=default, help=f"{words} (default: {default})")
    parser.add_argument("--password-stdin", action="store_true", help="read the shared password from standard input")
    parser.add_argument(
        "--group", action="append", default=[], metavar="NAME", help="group to join; can be given again"
    )
    parser.add_argument("--inactive", action="store_true", help="create accounts that cannot sign in")
    parser.add_argument("--seed", metavar="N", help="seed of an earlier job, to repeat its names")
    parser.add_argument("--remove-after", metavar="HOURS", help="remove the accounts after this many hours")


def options_of(given: Mapping[str, Any]) -> Options:
    """Returns the chosen options, and asks for a shared password. Raises CommandError for unusable values."""
    return Options(
        **{name: given[name] for name in HELP},
        remove_after_hours=optional_whole_number(given["remove_after"], "--remove-after"),
        seed=optional_whole_number(given["seed"], "--seed"),
        groups=tuple(map(_group, given["group"])),
        is_active=not given["inactive"],
        shared_password=_password(given["passwords"], from_input=given["password_stdin"]),
    )


def _group(name: str) -> int:
    found = Group.objects.filter(name=name).values_list("pk", flat=True).first()
    if found is None:
        raise CommandError(f"There is no group {name!r}: /admin/ lists all groups.", returncode=CANNOT)
    return found


def _password(passwords: str, *, from_input: bool) -> str:
    if passwords != SHARED:
        if from_input:
            raise CommandError("--password-stdin needs --passwords shared.", returncode=CANNOT)
        return ""
    if from_input:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise CommandError("Cannot prompt here: use --password-stdin.", returncode=CANNOT)
    try:
        password, again = getpass("Password for all accounts: "), getpass("Repeat it: ")
    except EOFError as error:
        raise CommandError("No password given, so no job was started.", returncode=CANNOT) from error
    if password != again:
        raise CommandError("The passwords differ, so no job was started: try again.", returncode=CANNOT)
    return password
