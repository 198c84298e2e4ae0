"""The options of a job in a terminal. A password is asked for, or read from the standard input: never an argument,
which the list of processes and the shell's history would show.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from getpass import getpass
from typing import Any

from django.contrib.auth.models import Group
from django.core.management.base import CommandError

from task.options import CHOICES, SHARED, Options
from task.terminal.command import CANNOT, whole

HELP = {
    "names": "user_XXXXXXXXXX, or names as people have them",
    "locale": "the language of realistic names",
    "passwords": "each account its own, or one for all, which is then asked for",
    "hashing": "of individual passwords: fast, or at full strength",
}


def add_options(parser: ArgumentParser) -> None:
    for name, words in HELP.items():
        default = getattr(Options(), name)
        parser.add_argument(f"--{name}", choices=CHOICES[name], default=default, help=f"{words} ({default})")
    parser.add_argument("--password-stdin", action="store_true", help="read the shared password from standard input")
    parser.add_argument("--group", action="append", default=[], metavar="NAME", help="a group to join; repeatable")
    parser.add_argument("--inactive", action="store_true", help="accounts that nobody can sign in with")
    parser.add_argument("--seed", metavar="N", help="that of an earlier job: the same names again")
    parser.add_argument("--remove-after", metavar="HOURS", help="remove the accounts that many hours from now")


def options_of(given: Mapping[str, Any]) -> Options:
    """Asks for what is missing; CommandError for what cannot be understood."""
    return Options(
        **{name: given[name] for name in HELP},
        remove_after_hours=_whole(given["remove_after"], "--remove-after"),
        seed=_whole(given["seed"], "--seed"),
        groups=tuple(map(_group, given["group"])),
        is_active=not given["inactive"],
        shared_password=_password(given["passwords"], from_input=given["password_stdin"]),
    )


def _whole(text: str | None, name: str) -> int | None:
    return None if text is None else whole(text, name)


def _group(name: str) -> int:
    found = Group.objects.filter(name=name).values_list("pk", flat=True).first()
    if found is None:
        raise CommandError(f"There is no group {name!r}: /admin/ lists those that there are.", returncode=CANNOT)
    return found


def _password(passwords: str, *, from_input: bool) -> str:
    if passwords != SHARED:
        if from_input:
            raise CommandError("--password-stdin goes with --passwords shared.", returncode=CANNOT)
        return ""
    if from_input:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise CommandError("Nobody can be asked here: give the password with --password-stdin.", returncode=CANNOT)
    return _typed()


def _typed() -> str:
    try:
        password, again = getpass("Password for all accounts: "), getpass("The same again: ")
    except EOFError as error:
        raise CommandError("No password was typed, so nothing was started.", returncode=CANNOT) from error
    if password != again:
        raise CommandError("The two passwords differ, so nothing was started: try again.", returncode=CANNOT)
    return password
