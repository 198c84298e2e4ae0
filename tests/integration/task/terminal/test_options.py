"""`generate` with options in a terminal: a password is typed or piped, and is never an argument."""

import os
import subprocess
import sys

import pytest
from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from task.models import Job
from task.options import Options
from tests.support.database import database_url
from tests.support.pseudo_terminal import PseudoTerminal
from tests.support.service import ROOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

PASSWORD = "Correct-horse-7"
SHARED = ["generate", "60", "--passwords", "shared"]


def piped(*arguments: str, said: str = "") -> tuple[int, str]:
    """Exit code and errors of a command with that on its standard input."""
    command = [sys.executable, "manage.py", *arguments]
    environment = {**os.environ, "DATABASE_URL": database_url()}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, input=said, capture_output=True, text=True, timeout=60, check=False
    )
    assert PASSWORD not in done.stdout + done.stderr
    return done.returncode, done.stderr.strip()


def typed(*lines: str) -> tuple[int, str]:
    environment = {**os.environ, "DATABASE_URL": database_url()}
    with PseudoTerminal([sys.executable, "manage.py", *SHARED], cwd=ROOT, environment=environment) as terminal:
        for prompt, line in zip(["Password for all accounts: ", "Repeat it: "], lines, strict=False):
            terminal.wait_for(prompt)
            terminal.type(line)
        code = terminal.wait_for_end()
        assert PASSWORD not in terminal.text
        return code, terminal.text


def test_generate_takes_every_option() -> None:
    demo, qa = [Group.objects.create(name=name).pk for name in ("demo", "load test")]
    chosen = ["--names", "realistic", "--locale", "de", "--hashing", "full", "--inactive", "--seed", str(2**53 - 1)]
    call_command("generate", "60", *chosen, "--group", "demo", "--group", "load test", "--remove-after", "24")
    job = Job.objects.get()
    assert job.options == Options(
        names="realistic",
        locale="de",
        hashing="full",
        is_active=False,
        seed=2**53 - 1,
        groups=(demo, qa),
        remove_after_hours=24,
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--seed", "x"], "--seed must be a whole number of at most 18 digits."),
        (["--seed", str(2**53)], f"A seed is a whole number from 0 to {2**53 - 1}."),
        (["--group", "nobody"], "There is no group 'nobody': /admin/ lists all groups."),
        (["--password-stdin"], "--password-stdin needs --passwords shared."),
    ],
)
def test_generate_says_what_cannot_be_chosen(arguments: list[str], said: str) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("generate", "60", *arguments)
    assert (refused.value.returncode, str(refused.value)) == (2, said)
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--names", "funny"], "invalid choice: 'funny'"),
        (["--passwords", "shared"], "Cannot prompt here: use --password-stdin."),
        (["--passwords", "shared", "--password-stdin"], "Give a password for all accounts, or let each have its own."),
    ],
)
def test_generate_says_what_cannot_be_chosen_and_ends_with_2(arguments: list[str], said: str) -> None:
    code, error = piped("generate", "60", *arguments)
    assert code == 2
    assert said in error
    assert "Traceback" not in error
    assert not Job.objects.exists()


def test_a_weak_password_starts_nothing() -> None:
    assert piped(*SHARED, "--password-stdin", said="12345678\n") == (
        2,
        "CommandError: This password is too common. This password is entirely numeric.",
    )
    assert not Job.objects.exists()


def test_a_password_is_read_from_a_line_of_the_standard_input() -> None:
    assert piped(*SHARED, "--password-stdin", said=f" {PASSWORD} \nsecond line\n") == (0, "")
    assert check_password(f" {PASSWORD} ", Job.objects.get().shared_hash)


def test_a_password_is_typed_twice_and_never_shown() -> None:
    code, text = typed(f"{PASSWORD}\n", f"{PASSWORD}\n")
    assert code == 0, text
    assert check_password(PASSWORD, Job.objects.get().shared_hash)


@pytest.mark.parametrize(
    ("lines", "code", "said"),
    [
        ([f"{PASSWORD}\n", "another\n"], 2, "The passwords differ, so no job was started: try again."),
        (["\x04"], 2, "No password given, so no job was started."),
        (["\x03"], 130, "Interrupted."),
    ],
    ids=["a slip", "end of input", "Ctrl-C"],
)
def test_a_password_that_is_not_given_starts_nothing(lines: list[str], code: int, said: str) -> None:
    ended, text = typed(*lines)
    assert (ended, said in text, "Traceback" in text) == (code, True, False), text
    assert not Job.objects.exists()


def test_no_argument_takes_a_password() -> None:
    with pytest.raises(CommandError, match="unrecognized arguments"):
        call_command("generate", "60", "--passwords", "shared", f"--shared-password={PASSWORD}")
