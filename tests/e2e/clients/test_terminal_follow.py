"""Jobs followed in a terminal and in a pipe next to the running service, and the effect of Ctrl-C."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.services.pseudo_terminal import CTRL_C, PseudoTerminal
from tests.support.services.service import ROOT, Service

MANAGE = [sys.executable, "manage.py"]
LARGE = "1000000"  # never finished before it is cancelled


def on_terminal(service: Service, *arguments: str, columns: int = 80, **environment: str) -> PseudoTerminal:
    return PseudoTerminal(
        [*MANAGE, *arguments], cwd=ROOT, environment=service.environment | environment, columns=columns
    )


@contextmanager
def in_pipe(service: Service, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [*MANAGE, *arguments],
        cwd=ROOT,
        env=service.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def cancelled_state(service: Service, job: int) -> str:
    return str(json.loads(service.manage("cancel", str(job), "--json", check=False).stdout or "{}").get("state"))


@pytest.mark.parametrize("columns", [80, 40])
def test_a_terminal_shows_a_bar_until_the_job_is_finished(running: Service, columns: int) -> None:
    with on_terminal(running, "generate", "3000", "--follow", columns=columns) as terminal:
        assert terminal.wait_for_end() == 0
        last_line, sentence = terminal.text.rstrip().split("\n")[-2:]
    assert "3,000 of 3,000" in last_line
    assert len(last_line) <= columns
    assert "━" in last_line
    assert re.fullmatch(r"Job \d+ is finished: 3,000 accounts in [\d.]+ (s|min)\.", sentence)
    assert "\x1b[?25h" in terminal.raw, "the cursor is visible again"


def test_a_dumb_terminal_and_no_color_get_no_colours(running: Service) -> None:
    with on_terminal(running, "generate", "60", "--follow", TERM="dumb") as dumb:
        assert dumb.wait_for_end() == 0
        assert "\x1b" not in dumb.raw
    with on_terminal(running, "generate", "60", "--follow", NO_COLOR="1") as plain:
        assert plain.wait_for_end() == 0
        assert not re.search(r"\x1b\[[0-9;]*3\dm", plain.raw)


def test_a_pipe_gets_plain_lines(running: Service) -> None:
    done = running.manage("generate", "3000", "--follow")
    *_, last = lines = done.stdout.splitlines()
    assert re.fullmatch(r"Job \d+ is finished: 3,000 accounts in .*", last)
    assert all(re.fullmatch(r"Job \d+(:| is finished:) [^\x1b]+", one) for one in lines)
    assert done.stderr == ""


def test_json_output_contains_only_the_events(running: Service) -> None:
    done = running.manage("generate", "300", "--follow", "--json")
    events = [json.loads(one) for one in done.stdout.splitlines()]
    assert [one["number"] for one in events if one["type"] == "user.created"] == list(range(1, 301))
    assert [events[0]["type"], events[-1]["type"]] == ["job.queued", "job.finished"]
    assert done.stderr == ""


def test_ctrl_c_leaves_the_job_running_and_prints_how_to_continue(running: Service) -> None:
    with on_terminal(running, "generate", LARGE, "--follow") as terminal:
        terminal.wait_for("/s")
        terminal.type(CTRL_C)
        assert terminal.wait_for_end() == 130
        output = " ".join(terminal.text.split())
    found = re.search(
        r"Job (\d+) continues in the background. Follow it: \S+ manage.py watch --job \1 --after \d+ "
        r"Cancel it: \S+ manage.py cancel \1$",
        output,
    )
    assert found, output
    assert "Traceback" not in output
    assert running.manage("cancel", found[1]).stdout.startswith(f"Job {found[1]} is cancelled at ")
    assert running.manage("verify", found[1]).returncode == 0


def test_sigterm_acts_like_ctrl_c_even_if_sigint_is_ignored(running: Service) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell does for a command that ends with &
    try:
        with in_pipe(running, "generate", LARGE, "--follow", "--json") as process:
            signal.signal(signal.SIGINT, before)
            assert process.stdout
            job = json.loads(process.stdout.readline())["job"]
            process.terminate()
            _, output = process.communicate(timeout=240)
    finally:
        signal.signal(signal.SIGINT, before)
    assert process.returncode == 130
    assert output.startswith(f"Job {job} continues in the background.")
    assert cancelled_state(running, job) == "cancelled"


def test_a_closed_pipe_ends_the_command_quietly(running: Service) -> None:
    with in_pipe(running, "generate", LARGE, "--follow", "--json") as process:
        assert process.stdout
        assert process.stderr
        job = json.loads(process.stdout.readline())["job"]
        process.stdout.close()
        assert process.wait(60) == 130
        assert process.stderr.read() == ""
        process.stdout = None
    assert cancelled_state(running, job) == "cancelled"


def test_remove_asks_once_and_shows_the_removal(running: Service) -> None:
    job = json.loads(running.manage("generate", "500", "--follow", "--json").stdout.splitlines()[0])["job"]
    with on_terminal(running, "remove", str(job)) as terminal:
        terminal.wait_for("[y/N] ")
        terminal.type("\n")
        assert terminal.wait_for_end() == 1
        assert "Nothing was removed." in terminal.text
    with on_terminal(running, "remove", str(job), "--follow") as terminal:
        terminal.wait_for(f"Remove 500 accounts of job {job}? [y/N] ")
        terminal.type("y\n")
        assert terminal.wait_for_end() == 0
        assert "500 of 500" in terminal.text
        assert re.search(rf"Job {job}: 500 accounts removed in [\d.]+ s\.", terminal.text)


def test_ctrl_c_at_the_confirmation_removes_nothing(running: Service) -> None:
    job = json.loads(running.manage("generate", "60", "--follow", "--json").stdout.splitlines()[0])["job"]
    with on_terminal(running, "remove", str(job)) as terminal:
        terminal.wait_for("[y/N] ")
        terminal.type(CTRL_C)
        assert terminal.wait_for_end() == 130
        assert "Traceback" not in terminal.text
    assert '"removes": 60' in running.manage("remove", str(job), "--dry-run", "--json").stdout


def test_watch_on_a_terminal_prints_events_a_last_line_and_how_to_continue(running: Service) -> None:
    job = json.loads(running.manage("generate", "300", "--follow", "--json").stdout.splitlines()[0])["job"]
    with on_terminal(running, "watch", "--job", str(job), "--after", "0") as terminal:
        terminal.wait_for(f"job {job}, 300 of 300\n")
        terminal.wait_for("303 events")
        terminal.type(CTRL_C)
        assert terminal.wait_for_end() == 0
        output = terminal.text
    assert all(output.count(f" job {job}, {number} of 300\n") >= 1 for number in range(1, 301))
    assert re.search(rf"Continue here: \S+ manage.py watch --job {job} --after \d+", output)


def test_a_name_that_the_terminal_cannot_show_is_escaped(running: Service) -> None:
    name = "zo\u00eb"
    running.manage(
        "shell", "-c", f"from django.contrib.auth.models import User; User.objects.create(username='{name}')"
    )
    with on_terminal(running, "watch", "--after", "0", columns=12, PYTHONIOENCODING="ascii") as terminal:
        terminal.wait_for("zo\\xeb")
        terminal.type(CTRL_C)
        assert terminal.wait_for_end() == 0
        assert "Traceback" not in terminal.text
