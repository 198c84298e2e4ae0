"""Jobs in the API: request, read and list."""

import datetime
import os
import subprocess
import sys
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as configured
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from task.jobs import actions, slices
from task.jobs.start import start_job
from task.models import Act, Job
from tests.support.clients.caller import Caller, caller
from tests.support.database import at_once, database_url
from tests.support.services.service import ROOT, free_port

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
def requester() -> Caller:
    return caller("requester", "add_job", "view_job", "change_job", "delete_job", "view_user")


def work(job: Job) -> Job:
    """Works on the job's lane until it ends."""
    slices.work(job_id=job.pk, task_id=job.lanes.get().task_id, size=500, seconds=60)
    return Job.objects.get(pk=job.pk)


def test_an_accepted_job_has_its_location(requester: Caller) -> None:
    answer = requester.post(JOBS, {"total": 60, "options": {"remove_after_hours": 24}})
    job = Job.objects.get()
    assert answer.status == 202
    assert answer.headers["Location"] == f"/api/jobs/{job.pk}"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json == requester.get(f"/api/jobs/{job.pk}").json
    assert (job.total, job.requested_by, job.options.remove_after_hours) == (60, requester.user, 24)


@pytest.mark.parametrize("written", ["500.0", "5e2", "5.0E+2"])
def test_a_whole_number_may_be_written_with_a_point_or_an_exponent(requester: Caller, written: str) -> None:
    answer = requester.post(JOBS, b'{"total": %s, "options": {"seed": %s}}' % (written.encode(), written.encode()))
    job = Job.objects.get()
    assert (answer.status, job.total, job.options.seed) == (202, 500, 500)


@pytest.mark.parametrize("written", ["500.5", "1e999", "1e300", "-0.0"])
def test_any_other_number_is_refused_as_a_total(requester: Caller, written: str) -> None:
    answer = requester.post(JOBS, b'{"total": %s}' % written.encode())
    assert answer.problem == (422, "invalid")
    assert answer.json["errors"][0]["field"] == "total"


def test_a_job_shows_all_its_fields_from_queued_to_finished(requester: Caller) -> None:
    shown = requester.post(JOBS, {"total": 3, "options": {"remove_after_hours": 1}}).json
    job = Job.objects.get()
    assert shown == {
        "id": job.pk,
        "state": "queued",
        "total": 3,
        "created": 0,
        "removed": 0,
        "requested_by": "requester",
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
    finished = requester.get(f"{JOBS}/{job.pk}").json
    assert (finished["state"], finished["created"], finished["removed"], finished["waiting"]) == ("finished", 3, 0, "")
    assert (finished["started_at"], finished["finished_at"]) == (wire(job.started_at), wire(job.finished_at))


def wire(moment: datetime.datetime | None) -> str:
    assert moment
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def test_a_waiting_job_shows_that_no_worker_is_running(requester: Caller) -> None:
    job = start_job(total=5).job
    Job.objects.update(created_at=timezone.now() - datetime.timedelta(minutes=1))
    assert requester.get(f"{JOBS}/{job.pk}").json["waiting"] == "no worker is running"


def test_a_job_is_accepted_while_the_queue_is_unreachable(requester: Caller) -> None:
    """In its own process, because Celery reads its broker at the start."""
    cookie = requester.client.cookies[configured.SESSION_COOKIE_NAME].OutputString().partition(";")[0]
    code = f"""
from django.test import Client
client = Client(headers={{"Host": "localhost", "Cookie": "{cookie}"}})
answer = client.post("{JOBS}", {{"total": 60}}, content_type="application/json")
print(answer.status_code, answer.json()["waiting"])
"""
    environment = {**os.environ, "DATABASE_URL": database_url(), "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}
    command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == "202 waiting for a worker", done.stderr
    assert Job.objects.get().requested_by == requester.user


@pytest.mark.parametrize("key", ["5f0f6a54-6c1e-4d6a-8c55-0d3f2a7f4b11", "nightly run, one"])
def test_a_repeated_key_with_the_same_values_returns_the_same_job(requester: Caller, key: str) -> None:
    answers = [requester.post(JOBS, {"total": 60}, **{"Idempotency-Key": key}) for _ in range(3)]
    assert [answer.status for answer in answers] == [202] * 3
    assert len({answer.json["id"] for answer in answers}) == Job.objects.count() == 1


@pytest.mark.parametrize("change", [{"total": 61}, {"options": {"remove_after_hours": 1}}])
def test_a_repeated_key_with_other_values_is_refused(requester: Caller, change: dict[str, Any]) -> None:
    requester.post(JOBS, {"total": 60}, **{"Idempotency-Key": "nightly"})
    again = requester.post(JOBS, {"total": 60, **change}, **{"Idempotency-Key": "nightly"})
    assert again.problem == (422, "request_id_reused")


def test_the_same_key_of_another_user_starts_another_job(requester: Caller) -> None:
    other = caller("other", "add_job")
    for one in (requester, other):
        assert one.post(JOBS, {"total": 60}, **{"Idempotency-Key": "nightly"}).status == 202
    assert Job.objects.count() == 2


@pytest.mark.parametrize("sends", ["Idempotency-Key", "request_id"])
def test_the_uuid_of_another_requester_makes_a_new_job_and_reveals_nothing(requester: Caller, sends: str) -> None:
    key, other = str(uuid4()), caller("other", "add_job", "view_job")

    def request(one: Caller, total: int) -> Any:
        headers, fields = ({sends: key}, {}) if sends == "Idempotency-Key" else ({}, {sends: key})
        return one.post(JOBS, {"total": total, **fields}, **headers)

    first, second, third = request(requester, 60), request(other, 61), request(other, 62)
    assert (first.status, second.status) == (202, 202)
    assert (first.json["total"], second.json["total"]) == (60, 61)
    assert third.problem == (422, "request_id_reused")
    assert request(requester, 60).json["id"] == first.json["id"]
    assert request(other, 61).json["id"] == second.json["id"]
    found = other.get(f"{JOBS}?request_id={key}").json["items"]
    assert [job["id"] for job in found] == [second.json["id"], first.json["id"]]


def test_a_request_id_in_the_body_works_as_a_key_and_must_match_the_header(requester: Caller) -> None:
    request_id = uuid4()
    body = {"total": 60, "request_id": str(request_id)}
    for headers in ({}, {"Idempotency-Key": str(request_id)}):
        assert requester.post(JOBS, body, **headers).status == 202
    refused = requester.post(JOBS, body, **{"Idempotency-Key": "nightly"})
    assert refused.problem == (422, "invalid")
    assert refused.json["errors"][0]["field"] == "Idempotency-Key"
    assert Job.objects.get().request_id == request_id


def test_twenty_concurrent_requests_with_one_key_start_one_job(requester: Caller) -> None:
    cookies = requester.client.cookies

    def request_job() -> int:
        client = Client(raise_request_exception=False)
        client.cookies = cookies.copy()  # type: ignore[assignment]
        answer = Caller(client=client).post(JOBS, {"total": 60}, **{"Idempotency-Key": "nightly"})
        assert answer.status == 202, answer.text
        return int(answer.json["id"])

    assert len(set(at_once(20, request_job))) == 1
    assert Act.objects.filter(kind=Act.Kind.ASKED).count() == 1


@pytest.mark.parametrize("total", [0, -1, 1_000_001, 2**70])
def test_a_total_out_of_bounds_is_refused(requester: Caller, total: int) -> None:
    answer = requester.post(JOBS, {"total": total})
    assert answer.problem == (422, "invalid")
    assert answer.json["errors"] == [{"field": "total", "detail": "Ask for 1 to 1000000 accounts."}]


def test_an_expiry_out_of_bounds_is_refused(requester: Caller) -> None:
    answer = requester.post(JOBS, {"total": 60, "options": {"remove_after_hours": 0}})
    assert answer.problem == (422, "invalid")
    assert answer.json["errors"][0]["field"] == "options.remove_after_hours"


def test_a_large_job_needs_its_own_permission(requester: Caller) -> None:
    assert requester.post(JOBS, {"total": 500}).status == 202
    assert requester.post(JOBS, {"total": 501}).problem == (403, "large_job_not_allowed")
    assert caller("large", "add_job", "add_large_job").post(JOBS, {"total": 501}).status == 202


def test_a_job_over_the_limit_gets_429_with_retry_after(requester: Caller, settings: Settings) -> None:
    settings.JOBS_AT_WORK_MAX = 1
    requester.post(JOBS, {"total": 60})
    answer = requester.post(JOBS, {"total": 60})
    assert answer.problem == (429, "too_many_jobs")
    assert int(answer.headers["Retry-After"]) > 0


def test_the_list_is_newest_first_and_its_pages_contain_all_jobs(requester: Caller) -> None:
    made = [start_job(total=5).job.pk for _ in range(5)]
    seen, address = [], f"{JOBS}?limit=2"
    while address:
        page = requester.get(address).json
        seen.append([job["id"] for job in page["items"]])
        address = page["next"]
    assert seen == [made[:2:-1], made[2:0:-1], made[:1]]


def test_the_list_is_filtered_and_its_pages_keep_the_filter(requester: Caller) -> None:
    jobs = [start_job(total=5).job for _ in range(4)]
    requester.post(f"{JOBS}/{jobs[0].pk}/cancel")
    page = requester.get(f"{JOBS}?state=queued&limit=2").json
    assert [job["id"] for job in page["items"]] == [jobs[3].pk, jobs[2].pk]
    assert [job["id"] for job in requester.get(page["next"]).json["items"]] == [jobs[1].pk]
    found = requester.get(f"{JOBS}?request_id={jobs[2].request_id}&state=&before=").json
    assert [job["id"] for job in found["items"]] == [jobs[2].pk]


def test_the_list_takes_the_same_number_of_queries_for_any_number_of_jobs(
    requester: Caller, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.JOBS_AT_WORK_MAX = 30
    for _ in range(30):
        start_job(total=1, requested_by=requester.user)
    actions.remove(job_id=work(Job.objects.earliest("pk")).pk)
    long_ago = timezone.now() - datetime.timedelta(minutes=1)
    Job.objects.update(created_at=long_ago, stepped_at=long_ago)
    with django_assert_num_queries(9):  # session, user, three for permissions, jobs, accounts left, two for workers
        assert len(requester.get(f"{JOBS}?limit=100").json["items"]) == 30
