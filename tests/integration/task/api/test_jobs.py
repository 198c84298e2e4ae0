"""Jobs as programs ask for them and see them."""

import datetime
import os
import subprocess
import sys
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from task.jobs import actions, slices
from task.jobs.start import start_job
from task.models import Act, Job
from tests.support.caller import Caller, caller
from tests.support.database import at_once, database_url
from tests.support.service import ROOT, free_port

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

JOBS = "/api/jobs"
DEFAULTS: dict[str, Any] = {
    "remove_after_hours": None,
    "names": "random",
    "locale": "mixed",
    "seed": None,
    "passwords": "individual",
    "hashing": "light",
    "groups": [],
    "is_active": True,
}


@pytest.fixture
def asker() -> Caller:
    return caller("asker", "add_job", "view_job", "change_job", "delete_job", "view_user")


def work(job: Job) -> Job:
    """Until its lane has nothing more to do."""
    slices.work(job_id=job.pk, task_id=job.lanes.get().task_id, size=500, seconds=60)
    return Job.objects.get(pk=job.pk)


def test_a_job_is_accepted_and_says_where_it_is(asker: Caller) -> None:
    answer = asker.post(JOBS, {"total": 60, "options": {"remove_after_hours": 24}})
    job = Job.objects.get()
    assert answer.status == 202
    assert answer.headers["Location"] == f"/api/jobs/{job.pk}"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json == asker.get(f"/api/jobs/{job.pk}").json
    assert (job.total, job.requested_by, job.options.remove_after_hours) == (60, asker.user, 24)


@pytest.mark.parametrize("written", ["500.0", "5e2", "5.0E+2"])
def test_a_whole_number_may_be_written_with_a_point_or_an_exponent(asker: Caller, written: str) -> None:
    answer = asker.post(JOBS, b'{"total": %s, "options": {"seed": %s}}' % (written.encode(), written.encode()))
    job = Job.objects.get()
    assert (answer.status, job.total, job.options.seed) == (202, 500, 500)


@pytest.mark.parametrize("written", ["500.5", "1e999", "1e300", "-0.0"])
def test_any_other_number_is_no_total(asker: Caller, written: str) -> None:
    answer = asker.post(JOBS, b'{"total": %s}' % written.encode())
    assert answer.problem == (422, "invalid")
    assert answer.json["errors"][0]["field"] == "total"


def test_a_job_shows_all_of_its_life(asker: Caller) -> None:
    shown = asker.post(JOBS, {"total": 3, "options": {"remove_after_hours": 1}}).json
    job = Job.objects.get()
    assert shown == {
        "id": job.pk,
        "state": "queued",
        "total": 3,
        "created": 0,
        "removed": 0,
        "requested_by": "asker",
        "options": {**DEFAULTS, "remove_after_hours": 1, "seed": job.seed},
        "created_at": wire(job.created_at),
        "started_at": None,
        "finished_at": None,
        "remove_at": wire(job.created_at + datetime.timedelta(hours=1)),
        "removal_began_at": None,
        "removed_at": None,
        "error": "",
        "waiting": "waiting for a worker",
    }
    job = work(job)
    finished = asker.get(f"{JOBS}/{job.pk}").json
    assert (finished["state"], finished["created"], finished["removed"], finished["waiting"]) == ("finished", 3, 0, "")
    assert (finished["started_at"], finished["finished_at"]) == (wire(job.started_at), wire(job.finished_at))


def wire(moment: datetime.datetime | None) -> str:
    assert moment
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def test_a_job_that_no_worker_takes_says_so(asker: Caller) -> None:
    job = start_job(total=5).job
    Job.objects.update(created_at=timezone.now() - datetime.timedelta(minutes=1))
    assert asker.get(f"{JOBS}/{job.pk}").json["waiting"] == "no worker is running"


def test_a_job_is_accepted_while_the_queue_is_away(asker: Caller) -> None:
    """In a process of its own, as Celery knows its broker from the start."""
    code = f"""
from django.test import Client
client = Client(headers={{"Host": "localhost", "Cookie": "sessionid={asker.client.cookies["sessionid"].value}"}})
answer = client.post("{JOBS}", {{"total": 60}}, content_type="application/json")
print(answer.status_code, answer.json()["waiting"])
"""
    environment = {**os.environ, "DATABASE_URL": database_url(), "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}
    command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == "202 waiting for a worker", done.stderr
    assert Job.objects.get().requested_by == asker.user


@pytest.mark.parametrize("key", ["5f0f6a54-6c1e-4d6a-8c55-0d3f2a7f4b11", "nightly run, one"])
def test_the_same_key_with_the_same_values_is_the_same_job(asker: Caller, key: str) -> None:
    answers = [asker.post(JOBS, {"total": 60}, **{"Idempotency-Key": key}) for _ in range(3)]
    assert [answer.status for answer in answers] == [202] * 3
    assert len({answer.json["id"] for answer in answers}) == Job.objects.count() == 1


@pytest.mark.parametrize("change", [{"total": 61}, {"options": {"remove_after_hours": 1}}])
def test_the_same_key_with_other_values_is_refused(asker: Caller, change: dict[str, Any]) -> None:
    asker.post(JOBS, {"total": 60}, **{"Idempotency-Key": "nightly"})
    again = asker.post(JOBS, {"total": 60, **change}, **{"Idempotency-Key": "nightly"})
    assert again.problem == (422, "request_id_reused")


def test_the_key_of_another_person_is_another_request(asker: Caller) -> None:
    other = caller("other", "add_job")
    for one in (asker, other):
        assert one.post(JOBS, {"total": 60}, **{"Idempotency-Key": "nightly"}).status == 202
    assert Job.objects.count() == 2


@pytest.mark.parametrize("sends", ["Idempotency-Key", "request_id"])
def test_the_uuid_of_another_person_makes_a_job_of_ones_own_and_shows_nothing(asker: Caller, sends: str) -> None:
    key, other = str(uuid4()), caller("other", "add_job", "view_job")

    def ask(one: Caller, total: int) -> Any:
        headers, fields = ({sends: key}, {}) if sends == "Idempotency-Key" else ({}, {sends: key})
        return one.post(JOBS, {"total": total, **fields}, **headers)

    first, second, third = ask(asker, 60), ask(other, 61), ask(other, 62)
    assert (first.status, second.status) == (202, 202)
    assert (first.json["total"], second.json["total"]) == (60, 61)
    assert third.problem == (422, "request_id_reused")
    assert ask(asker, 60).json["id"] == first.json["id"]
    assert ask(other, 61).json["id"] == second.json["id"]
    found = other.get(f"{JOBS}?request_id={key}").json["items"]
    assert [job["id"] for job in found] == [second.json["id"], first.json["id"]]


def test_a_request_id_in_the_body_does_the_same_and_must_agree_with_the_key(asker: Caller) -> None:
    request_id = uuid4()
    body = {"total": 60, "request_id": str(request_id)}
    for headers in ({}, {"Idempotency-Key": str(request_id)}):
        assert asker.post(JOBS, body, **headers).status == 202
    refused = asker.post(JOBS, body, **{"Idempotency-Key": "nightly"})
    assert refused.problem == (422, "invalid")
    assert refused.json["errors"][0]["field"] == "Idempotency-Key"
    assert Job.objects.get().request_id == request_id


def test_the_same_key_twenty_times_at_once_is_one_job(asker: Caller) -> None:
    cookies = asker.client.cookies

    def ask() -> int:
        client = Client(raise_request_exception=False)
        client.cookies = cookies.copy()  # type: ignore[assignment]
        answer = Caller(client=client).post(JOBS, {"total": 60}, **{"Idempotency-Key": "nightly"})
        assert answer.status == 202, answer.text
        return int(answer.json["id"])

    assert len(set(at_once(20, ask))) == 1
    assert Act.objects.filter(kind=Act.Kind.ASKED).count() == 1


@pytest.mark.parametrize("total", [0, -1, 1_000_001, 2**70])
def test_a_total_that_nobody_may_ask_for_is_refused(asker: Caller, total: int) -> None:
    answer = asker.post(JOBS, {"total": total})
    assert answer.problem == (422, "invalid")
    assert answer.json["errors"] == [{"field": "total", "detail": "Ask for 1 to 1000000 accounts."}]


def test_an_expiry_that_cannot_be_is_refused(asker: Caller) -> None:
    answer = asker.post(JOBS, {"total": 60, "options": {"remove_after_hours": 0}})
    assert answer.problem == (422, "invalid")
    assert answer.json["errors"][0]["field"] == "options.remove_after_hours"


def test_a_large_job_needs_a_permission_of_its_own(asker: Caller) -> None:
    assert asker.post(JOBS, {"total": 500}).status == 202
    assert asker.post(JOBS, {"total": 501}).problem == (403, "large_job_not_allowed")
    assert caller("large", "add_job", "add_large_job").post(JOBS, {"total": 501}).status == 202


def test_one_job_too_many_is_told_when_to_come_again(asker: Caller, settings: Settings) -> None:
    settings.JOBS_AT_WORK_MAX = 1
    asker.post(JOBS, {"total": 60})
    answer = asker.post(JOBS, {"total": 60})
    assert answer.problem == (429, "too_many_jobs")
    assert int(answer.headers["Retry-After"]) > 0


def test_the_list_is_newest_first_and_its_pages_lead_through_all(asker: Caller) -> None:
    made = [start_job(total=5).job.pk for _ in range(5)]
    seen, address = [], f"{JOBS}?limit=2"
    while address:
        page = asker.get(address).json
        seen.append([job["id"] for job in page["items"]])
        address = page["next"]
    assert seen == [made[:2:-1], made[2:0:-1], made[:1]]


def test_the_list_is_filtered_and_its_pages_keep_the_filter(asker: Caller) -> None:
    jobs = [start_job(total=5).job for _ in range(4)]
    asker.post(f"{JOBS}/{jobs[0].pk}/cancel")
    page = asker.get(f"{JOBS}?state=queued&limit=2").json
    assert [job["id"] for job in page["items"]] == [jobs[3].pk, jobs[2].pk]
    assert [job["id"] for job in asker.get(page["next"]).json["items"]] == [jobs[1].pk]
    found = asker.get(f"{JOBS}?request_id={jobs[2].request_id}&state=&before=").json
    assert [job["id"] for job in found["items"]] == [jobs[2].pk]


def test_a_list_costs_as_many_queries_as_one_job(
    asker: Caller, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.JOBS_AT_WORK_MAX = 30
    for _ in range(30):
        start_job(total=1, requested_by=asker.user)
    actions.remove(job_id=work(Job.objects.earliest("pk")).pk)
    long_ago = timezone.now() - datetime.timedelta(minutes=1)
    Job.objects.update(created_at=long_ago, stepped_at=long_ago)
    with django_assert_num_queries(8):  # session, user, two for permissions, jobs, accounts left, and two for workers
        assert len(asker.get(f"{JOBS}?limit=100").json["items"]) == 30
