"""The commands `cancel`, `retry` and `remove`: one sentence with the result, and the exit code."""

import io
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from task.jobs import actions, slices
from task.jobs.actions import fail
from task.jobs.start import start_job
from task.jobs.verification import verify
from task.models import Act, Job
from task.terminal.command_line import command_line
from tests.support.stepping import step
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


def call(*arguments: str) -> str:
    output = io.StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


def refusal(*arguments: str) -> tuple[int, str]:
    with pytest.raises(CommandError) as refused:
        call(*arguments)
    return refused.value.returncode, str(refused.value)


def job_with(made: int, total: int) -> Job:
    job = start_job(total=total).job
    after = step(job, job.lanes.get().task_id, made)
    assert after
    return after


def work_on_the_next_job(state: str) -> str:
    """Works like a worker. Runs in a thread with its own database connection."""
    try:
        job = wait_until(lambda: Job.objects.filter(state=state, lanes__isnull=False).first())
        assert job
        return slices.work(job_id=job.pk, task_id=job.lanes.get().task_id, seconds=60)
    finally:
        connection.close()


def test_cancel_prints_the_progress_and_how_to_remove_the_accounts() -> None:
    job = job_with(3, 5)
    assert call("cancel", str(job.pk)) == (
        f"Job {job.pk} is cancelled at 3 of 5 accounts. "
        f"Its accounts stay. Remove them: {command_line('remove', job.pk)}\n"
    )
    job.refresh_from_db()
    assert job.state == "cancelled"
    assert call("verify", str(job.pk)) == f"Job {job.pk}: 3 of 5 accounts, cancelled; each once, in order.\n"


def test_a_repeated_cancel_prints_that_the_job_was_cancelled_before() -> None:
    job = start_job(total=5).job
    assert call("cancel", str(job.pk)) == f"Job {job.pk} is cancelled at 0 of 5 accounts.\n"
    assert call("cancel", str(job.pk)) == f"Job {job.pk} was cancelled before, at 0 of 5 accounts.\n"
    assert json.loads(call("cancel", str(job.pk), "--json")) == {
        "job": job.pk,
        "state": "cancelled",
        "created": 0,
        "total": 5,
        "is_new": False,
    }
    assert Act.objects.filter(kind="cancelled").count() == 1


def test_an_action_that_the_state_does_not_allow_exits_with_1() -> None:
    finished, running = job_with(3, 3).pk, job_with(3, 5).pk
    assert refusal("cancel", str(finished)) == (
        1,
        f"Job {finished} has ended already: it is finished. There is nothing left to cancel.",
    )
    assert refusal("retry", str(finished))[0] == 1
    assert refusal("remove", str(running), "--yes") == (
        1,
        f"Job {running} is running: cancel it first, then remove its accounts.",
    )


@pytest.mark.parametrize("command", ["cancel", "retry", "remove", "verify", "credentials"])
@pytest.mark.parametrize(
    ("job", "message"),
    [
        ("999", "There is no job 999."),
        ("-1", "There is no job -1."),
        ("9" * 30, "JOB must be a whole number of at most 18 digits."),
        ("1e3", "JOB must be a whole number of at most 18 digits."),
    ],
)
def test_an_unknown_job_exits_with_2(command: str, job: str, message: str) -> None:
    assert refusal(command, job) == (2, message)


def test_retry_continues_a_failed_job() -> None:
    job = job_with(3, 5)
    fail(job_id=job.pk, error="No more room.")
    follow = f"Follow it: {command_line('watch', '--job', job.pk)}\n"
    assert call("retry", str(job.pk)) == f"Job {job.pk} continues at 3 of 5 accounts. {follow}"
    assert call("retry", str(job.pk)) == f"Job {job.pk} is already queued, at 3 of 5 accounts. {follow}"


def test_a_dry_run_prints_the_preview_and_changes_nothing() -> None:
    job = job_with(3, 3)
    get_user_model().objects.filter(account__number=2).update(last_login=timezone.now())
    assert call("remove", str(job.pk), "--dry-run") == (
        f"Job {job.pk}: 2 accounts to remove; 1 account kept: 1 signed in.\n"
    )
    found = json.loads(call("remove", str(job.pk), "--dry-run", "--json"))
    assert found == {"job": job.pk, "removes": 2, "keeps": {"signed in": 1}}
    job.refresh_from_db()
    assert job.state == "finished"


def test_remove_without_a_terminal_needs_the_option_yes() -> None:
    job = job_with(3, 3)
    assert refusal("remove", str(job.pk)) == (2, "Cannot prompt here: use --yes. Nothing was removed.")
    job.refresh_from_db()
    assert job.state == "finished"


def test_remove_follows_the_removal_to_its_end_and_prints_the_kept_accounts() -> None:
    job = job_with(3, 3)
    get_user_model().objects.filter(account__number=2).update(is_staff=True)
    with ThreadPoolExecutor(1) as pool:
        worker = pool.submit(work_on_the_next_job, "removing")
        message = call("remove", str(job.pk), "--yes", "--follow")
    assert worker.result() == f"Job {job.pk}: its accounts are removed."
    assert message.startswith(f"Job {job.pk}: 2 accounts to remove; 1 account kept: 1 made staff.\n")
    assert f"Job {job.pk}: 2 accounts removed in " in message
    assert message.endswith("; 1 account kept: 1 made staff.\n")
    assert call("remove", str(job.pk), "--yes", "--follow") == (
        f"The accounts of job {job.pk} were removed before; 1 account kept: 1 made staff.\n"
    )
    assert call("verify", str(job.pk)) == f"Job {job.pk}: 3 of 3 accounts, removed; each once, in order.\n"


def test_verify_during_a_removal_exits_with_2() -> None:
    job = job_with(3, 3)
    assert call("remove", str(job.pk), "--yes").endswith(
        f"The removal has started. Follow it: {command_line('remove', job.pk, '--follow')}\n"
    )
    assert refusal("verify", str(job.pk)) == (2, f"Job {job.pk} is removing: verify it after its end.")
    assert call("remove", str(job.pk)) == (
        f"The accounts of job {job.pk} are already being removed: 3 left.\n"
        f"The removal has started. Follow it: {command_line('remove', job.pk, '--follow')}\n"
    )


def test_remove_of_a_job_without_accounts_needs_no_confirmation() -> None:
    job = start_job(total=3).job
    call("cancel", str(job.pk))
    assert call("remove", str(job.pk)).startswith(f"Job {job.pk}: 0 accounts to remove.\n")
    assert Job.objects.get().state == "removing"


def test_generate_follows_a_job_to_its_end() -> None:
    with ThreadPoolExecutor(1) as pool:
        worker = pool.submit(work_on_the_next_job, "queued")
        message = call("generate", "60", "--follow", "--json")
    assert worker.result() == "60 random users created with success!"
    events = [json.loads(text) for text in message.splitlines()]
    assert [event["offset"] for event in events] == list(range(1, 64))
    assert [event["type"] for event in events if event["type"] != "user.created"] == [
        "job.queued",
        "job.started",
        "job.finished",
    ]
    assert verify(Job.objects.get()).problems == []


def test_generate_exits_with_1_when_the_job_is_cancelled() -> None:
    def cancel() -> bool:
        try:
            job = wait_until(Job.objects.first)
            assert job
            return actions.cancel(job_id=job.pk).is_new
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(cancel)
        code, message = refusal("generate", "60", "--follow")
    assert other.result()
    assert (code, message) == (1, f"Job {Job.objects.get().pk} was cancelled at 0 of 60 accounts.")
