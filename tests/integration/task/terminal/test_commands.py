"""The commands in a second terminal: clear lines, exit codes, never a traceback."""

import io
import json
import os
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

from realtime import log
from realtime.protocol import Cursor
from task.jobs.start import start_job
from task.models import Account, Job
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


def test_generate_starts_a_job_and_says_how_to_follow_it() -> None:
    said = call("generate", "60")
    job = Job.objects.get()
    assert (job.total, job.requested_by) == (60, None)
    assert said == f"Job {job.pk}: 60 accounts requested. Follow it: manage.py watch --job {job.pk} --after 0\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
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
def test_generate_refuses_what_cannot_be_asked_for(arguments: list[str], said: str) -> None:
    with pytest.raises(CommandError) as refused:
        call("generate", *arguments)
    assert (refused.value.returncode, str(refused.value)) == (2, said)
    assert not Job.objects.exists()


def test_generate_says_the_job_as_json() -> None:
    said = json.loads(call("generate", "60", "--json", "--remove-after", "24"))
    job = Job.objects.get()
    assert said == {"job": job.pk, "state": "queued", "created": 0, "total": 60}
    assert job.options.remove_after_hours == 24


def test_verify_agrees_with_a_job_that_is_right() -> None:
    job = finished_job()
    assert call("verify", str(job.pk)) == f"Job {job.pk}: 3 of 3 accounts, finished; each once, in order.\n"


def test_verify_fails_for_a_job_that_is_wrong() -> None:
    job = finished_job()
    Account.objects.filter(number=2).delete()
    with pytest.raises(CommandError, match="Accounts: 2") as failed:
        call("verify", str(job.pk))
    assert failed.value.returncode == 1


def test_verify_says_its_verdict_as_json() -> None:
    right, wrong = finished_job(), finished_job()
    Account.objects.filter(job=wrong, number=2).delete()
    assert json.loads(call("verify", str(right.pk), "--json")) == {"job": right.pk, "is_right": True, "problems": []}
    output = io.StringIO()
    with pytest.raises(CommandError, match="NOT right"):
        call_command("verify", str(wrong.pk), "--json", stdout=output)
    verdict = json.loads(output.getvalue())
    assert verdict["is_right"] is False
    assert any("Accounts: 2" in problem for problem in verdict["problems"])


def test_verify_knows_no_such_job() -> None:
    with pytest.raises(CommandError, match="There is no job 999") as failed:
        call("verify", "999")
    assert failed.value.returncode == 2


def test_verify_waits_for_the_end_of_a_job() -> None:
    job = start_job(total=3).job
    with pytest.raises(CommandError, match="is queued: verify it after its end") as failed:
        call("verify", str(job.pk))
    assert failed.value.returncode == 2


def test_verify_says_when_the_events_are_gone() -> None:
    job = finished_job()
    finished_job()
    log.trim("users", keep=4, older_than=job.created_at)
    with pytest.raises(CommandError, match="its first events were trimmed") as failed:
        call("verify", str(job.pk))
    assert failed.value.returncode == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--after", "6"], "The log ends at offset 5: use --after 5 or less."),
        (["--after", "-5"], "--after must be an offset: 0 shows the whole log."),
        (["--after", "now"], "--after must be a whole number of at most 18 digits."),
        (["--job", "999"], "There is no job 999."),
    ],
)
def test_watch_refuses_what_it_cannot_follow(arguments: list[str], said: str) -> None:
    finished_job(2)
    with pytest.raises(CommandError) as refused:
        call("watch", *arguments)
    assert (refused.value.returncode, str(refused.value)) == (2, said)


def test_a_line_of_watch_obeys_no_control_characters() -> None:
    event = {"type": "user.created", "job": None, "user": {"username": "a\x1b[31mb"}}
    assert event_words(event) == r"a\u001b[31mb"


def test_a_line_of_watch_names_job_and_number() -> None:
    job = finished_job()
    batches, _ = log.read("users", Cursor(log.head("users").epoch, 0))
    events = [event for batch in batches for event in json.loads(batch.frame)["events"]]
    user = events[2]["user"]["username"]
    assert [event_words(event) for event in (events[0], events[2], events[-1])] == [
        f"job {job.pk}, 0 of 3",
        f"{user}  job {job.pk}, 1 of 3",
        f"job {job.pk}, 3 of 3",
    ]


def test_a_job_is_kept_while_the_queue_is_away() -> None:
    environment = {**os.environ, "DATABASE_URL": database_url(), "REDIS_URL": "redis://127.0.0.1:1/0"}
    command = [sys.executable, "manage.py", "generate", "50"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert "50 accounts requested" in done.stdout
    assert "The queue is unavailable. The job is saved and starts when the queue is back." in done.stderr
    assert "Traceback" not in done.stderr
    assert Job.objects.get().state == "queued"
