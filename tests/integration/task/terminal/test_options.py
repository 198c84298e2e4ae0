"""`generate` with options. A password is typed or piped, and never an argument."""

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
from tests.support.services.pseudo_terminal import PseudoTerminal
from tests.support.services.service import ROOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

PASSWORD = "Correct-horse-7"
SHARED = ["generate", "60", "--passwords", "shared"]


def run_with_stdin(*arguments: str, stdin: str = "") -> tuple[int, str]:
    """Runs a command with `stdin` as its standard input. Returns the exit code and the errors."""
    command = [sys.executable, "manage.py", *arguments]
    environment = {**os.environ, "DATABASE_URL": database_url()}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, input=stdin, capture_output=True, text=True, timeout=60, check=False
    )
    assert PASSWORD not in done.stdout + done.stderr
    return done.returncode, done.stderr.strip()


def run_in_terminal(*lines: str) -> tuple[int, str]:
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
    ("arguments", "message"),
    [
        (["--seed", "x"], "--seed must be a whole number of at most 18 digits."),
        (["--seed", str(2**53)], f"A seed is a whole number from 0 to {2**53 - 1}."),
        (["--group", "nobody"], "There is no group 'nobody': /admin/ lists all groups."),
        (["--password-stdin"], "--password-stdin needs --passwords shared."),
    ],
)
def test_generate_refuses_an_invalid_option(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("generate", "60", *arguments)
    assert (refused.value.returncode, str(refused.value)) == (2, message)
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--names", "funny"], "invalid choice: 'funny'"),
        (["--passwords", "shared"], "Cannot prompt here: use --password-stdin."),
        (["--passwords", "shared", "--password-stdin"], "Give a password for all accounts, or let each have its own."),
    ],
)
def test_generate_with_a_usage_error_exits_with_2_and_no_traceback(arguments: list[str], message: str) -> None:
    code, error = run_with_stdin("generate", "60", *arguments)
    assert code == 2
    assert message in error
    assert "Traceback" not in error
    assert not Job.objects.exists()


def test_a_weak_shared_password_is_refused() -> None:
    assert run_with_stdin(*SHARED, "--password-stdin", stdin="12345678\n") == (
        2,
        "CommandError: This password is too common. This password is entirely numeric.",
    )
    assert not Job.objects.exists()


def test_the_first_line_of_the_standard_input_is_the_password() -> None:
    assert run_with_stdin(*SHARED, "--password-stdin", stdin=f" {PASSWORD} \nsecond line\n") == (0, "")
    assert check_password(f" {PASSWORD} ", Job.objects.get().shared_hash)


def test_a_password_is_typed_twice_and_never_shown() -> None:
    code, text = run_in_terminal(f"{PASSWORD}\n", f"{PASSWORD}\n")
    assert code == 0, text
    assert check_password(PASSWORD, Job.objects.get().shared_hash)


@pytest.mark.parametrize(
    ("lines", "code", "message"),
    [
        ([f"{PASSWORD}\n", "another\n"], 2, "The passwords differ, so no job was started: try again."),
        (["\x04"], 2, "No password given, so no job was started."),
        (["\x03"], 130, "Interrupted."),
    ],
    ids=["different passwords", "end of input", "Ctrl-C"],
)
def test_an_unfinished_password_prompt_starts_no_job(lines: list[str], code: int, message: str) -> None:
    exit_code, text = run_in_terminal(*lines)
    assert (exit_code, message in text, "Traceback" in text) == (code, True, False), text
    assert not Job.objects.exists()


def test_a_password_as_an_argument_is_refused() -> None:
    with pytest.raises(CommandError, match="unrecognized arguments"):
        call_command("generate", "60", "--passwords", "shared", f"--shared-password={PASSWORD}")
