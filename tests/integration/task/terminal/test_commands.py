"""The commands: clear output, exit codes, and no traceback."""

import io
import json
import os
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

from realtime import log, outbox
from realtime.protocol import Cursor
from task.jobs.start import start_job
from task.models import Account, Job
from task.terminal.command_line import command_line
from task.terminal.text import event_words
from tests.support.database import database_url
from tests.support.stepping import step

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


def call(*arguments: str) -> str:
    output = io.StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


def finished_job(total: int = 3) -> Job:
    job = start_job(total=total).job
    after = step(job, job.lanes.get().task_id, total)
    assert after
    return after


def test_generate_starts_a_job_and_prints_how_to_follow_it() -> None:
    message = call("generate", "60")
    job = Job.objects.get()
    assert (job.total, job.requested_by) == (60, None)
    follow = command_line("watch", "--job", job.pk, "--after", 0)
    assert message == f"Job {job.pk}: 60 accounts requested. Follow it: {follow}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["0"], "Ask for 1 to 1000000 accounts."),
        (["-5"], "Ask for 1 to 1000000 accounts."),
        (["1000001"], "Ask for 1 to 1000000 accounts."),
        (["9" * 30], "N must be a whole number of at most 18 digits."),
        (["1e3"], "N must be a whole number of at most 18 digits."),
        (["60", "--remove-after", "0"], "Accounts can be removed after 1 to 8784 hours, or stay."),
        (["60", "--remove-after", "soon"], "--remove-after must be a whole number of at most 18 digits."),
    ],
)
def test_generate_refuses_an_invalid_total_or_expiry(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError) as refused:
        call("generate", *arguments)
    assert (refused.value.returncode, str(refused.value)) == (2, message)
    assert not Job.objects.exists()


def test_generate_prints_the_job_as_json() -> None:
    message = json.loads(call("generate", "60", "--json", "--remove-after", "24"))
    job = Job.objects.get()
    assert message == {"job": job.pk, "state": "queued", "created": 0, "total": 60}
    assert job.options.remove_after_hours == 24


def test_verify_of_a_correct_job_succeeds() -> None:
    job = finished_job()
    assert call("verify", str(job.pk)) == f"Job {job.pk}: 3 of 3 accounts, finished; each once, in order.\n"


def test_verify_of_an_incorrect_job_exits_with_1() -> None:
    job = finished_job()
    Account.objects.filter(number=2).delete()
    with pytest.raises(CommandError, match="Accounts: 2") as failed:
        call("verify", str(job.pk))
    assert failed.value.returncode == 1


def test_verify_prints_its_verdict_as_json() -> None:
    right, wrong = finished_job(), finished_job()
    Account.objects.filter(job=wrong, number=2).delete()
    assert json.loads(call("verify", str(right.pk), "--json")) == {"job": right.pk, "is_right": True, "problems": []}
    output = io.StringIO()
    with pytest.raises(CommandError, match="NOT right"):
        call_command("verify", str(wrong.pk), "--json", stdout=output)
    verdict = json.loads(output.getvalue())
    assert verdict["is_right"] is False
    assert any("Accounts: 2" in problem for problem in verdict["problems"])


def test_verify_of_an_unknown_job_exits_with_2() -> None:
    with pytest.raises(CommandError, match="There is no job 999") as failed:
        call("verify", "999")
    assert failed.value.returncode == 2


def test_verify_of_an_active_job_exits_with_2() -> None:
    job = start_job(total=3).job
    with pytest.raises(CommandError, match="is queued: verify it after its end") as failed:
        call("verify", str(job.pk))
    assert failed.value.returncode == 2


def test_verify_of_a_job_with_trimmed_events_exits_with_2() -> None:
    job = finished_job()
    finished_job()
    outbox.relay("users")
    log.trim("users", keep=4, older_than=job.created_at)
    with pytest.raises(CommandError, match="its first events were trimmed") as failed:
        call("verify", str(job.pk))
    assert failed.value.returncode == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--after", "6"], "The log ends at offset 5: use --after 5 or less."),
        (["--after", "-5"], "--after must be an offset: 0 shows the whole log."),
        (["--after", "now"], "--after must be a whole number of at most 18 digits."),
        (["--job", "999"], "There is no job 999."),
    ],
)
def test_watch_refuses_an_invalid_offset_or_job(arguments: list[str], message: str) -> None:
    finished_job(2)
    with pytest.raises(CommandError) as refused:
        call("watch", *arguments)
    assert (refused.value.returncode, str(refused.value)) == (2, message)


def test_a_line_of_watch_replaces_control_characters() -> None:
    event = {"type": "user.created", "job": None, "user": {"username": "a\x1b[31mb"}}
    assert event_words(event) == r"a\u001b[31mb"


def test_a_line_of_watch_has_the_job_and_the_number() -> None:
    job = finished_job()
    batches, _ = log.read("users", Cursor(outbox.head("users").epoch, 0))
    events = [event for batch in batches for event in json.loads(batch.frame)["events"]]
    user = events[2]["user"]["username"]
    assert [event_words(event) for event in (events[0], events[2], events[-1])] == [
        f"job {job.pk}, 0 of 3",
        f"{user}  job {job.pk}, 1 of 3",
        f"job {job.pk}, 3 of 3",
    ]


def test_generate_saves_the_job_while_the_queue_is_unreachable() -> None:
    environment = {**os.environ, "DATABASE_URL": database_url(), "REDIS_URL": "redis://127.0.0.1:1/0"}
    command = [sys.executable, "manage.py", "generate", "50"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert "50 accounts requested" in done.stdout
    assert (
        "The queue is unavailable: it is not running. The job is saved and starts when the queue is back."
        in done.stderr
    )
    assert "Traceback" not in done.stderr
    assert Job.objects.get().state == "queued"
