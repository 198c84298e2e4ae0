"""The job list and the job page as a browser without JavaScript sees them, by state and permission."""

import datetime
import json
import re
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from realtime import log, outbox
from task.jobs import actions
from task.models import Account, Act, Job
from tests.support.clients.visiting import person, text_of, visit
from tests.support.job_states import job_in, made, operator_visit, removed, start

User = get_user_model()
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]
HOUR = datetime.timedelta(hours=1)
PERMISSIONS = ["view_user", "add_job", "add_large_job", "view_job", "change_job", "delete_job"]


@pytest.fixture
def operator() -> Client:
    return operator_visit()


def data_on(response: Any, name: str) -> dict[str, Any]:
    found = re.search(rf'<script id="{name}" type="application/json">(.*?)</script>', response.content.decode())
    assert found
    data: dict[str, Any] = json.loads(found.group(1))
    return data


def listed(response: Any) -> list[int]:
    return [int(number) for number in re.findall(r'<tr class="line"\s+data-id="(\d+)"', response.content.decode())]


def test_jobs_are_listed_newest_first_with_state_progress_and_requester(operator: Client) -> None:
    mine = start(by=User.objects.get(username="operator"))
    other = made(start(500), 25)
    response = operator.get("/jobs/")
    assert listed(response) == [other.pk, mine.pk]
    assert "running" in text_of(response)
    assert "25 of 500" in text_of(response)
    assert "the command line" in text_of(response)
    assert text_of(response).count("operator") == 2  # once in the header


@pytest.mark.parametrize("state", Job.State.values)
def test_the_list_can_be_filtered_by_state(operator: Client, state: str) -> None:
    for one in Job.State.values:
        job_in(one)
    response = operator.get("/jobs/", {"state": state})
    assert listed(response) == [Job.objects.get(state=state).pk]
    chosen = re.findall(r'<a href="([^"]*)"\s+aria-current="true"', response.content.decode())
    assert chosen == [f"?state={state}"]


def test_the_list_is_paged_by_key_within_its_state(operator: Client) -> None:
    now = timezone.now()
    Job.objects.bulk_create(
        Job(total=5, nonce=b"", created_at=now, finished_at=now, state="cancelled", request_id=uuid4())
        for _ in range(60)
    )
    ids = list(Job.objects.order_by("-pk").values_list("pk", flat=True))
    first = operator.get("/jobs/", {"state": "cancelled"})
    assert listed(first) == ids[:50]
    assert f'href="?state=cancelled&amp;before={ids[49]}"' in first.content.decode()
    assert listed(operator.get(f"/jobs/?state=cancelled&before={ids[49]}")) == ids[50:]
    assert "There are no older jobs." in text_of(operator.get("/jobs/?before=1"))


def test_an_empty_list_links_to_the_form_only_with_add_job(operator: Client) -> None:
    response = operator.get("/jobs/")
    assert "No jobs yet." in text_of(response)
    assert 'class="button" href="/generate/"' in response.content.decode()
    assert 'class="button"' not in visit(person("viewer", "view_job")).get("/jobs/").content.decode()


def test_a_filter_without_matches_says_so(operator: Client) -> None:
    start()
    assert "No failed jobs." in text_of(operator.get("/jobs/?state=failed"))


@pytest.mark.parametrize("address", ["/jobs/?state=nonsense", "/jobs/?before=x", "/jobs/{}/?before=-1"])
def test_an_invalid_address_gets_400_with_a_sentence(operator: Client, address: str) -> None:
    response = operator.get(address.format(start().pk))
    assert response.status_code == 400
    assert "This address is not valid" in text_of(response)


@pytest.mark.parametrize("number", [999, 10**30])
@pytest.mark.parametrize("page", ["", "cancel/", "retry/", "remove/"])
def test_an_unknown_job_gets_a_clear_page(operator: Client, page: str, number: int) -> None:
    for response in (operator.get(f"/jobs/{number}/{page}"), operator.post(f"/jobs/{number}/{page or 'cancel/'}")):
        assert response.status_code == 404
        assert f"Job {number} does not exist" in text_of(response)


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("queued", "Queued: waiting for a worker"),
        ("running", "Running: 41 %"),
        ("finished", "Finished: 60 of 60"),
        ("failed", "Failed at 25 of 60"),
        ("cancelled", "Cancelled at 25 of 60"),
        ("removing", "Removing: 10 of 25 removed"),
        ("removed", "Removed: 25 of 25"),
    ],
)
def test_the_job_page_shows_the_state_in_plain_words(operator: Client, state: str, sentence: str) -> None:
    assert sentence in text_of(operator.get(f"/jobs/{job_in(state).pk}/"))


@pytest.mark.parametrize(
    ("state", "acts"),
    [
        ("queued", ["cancel"]),
        ("running", ["cancel"]),
        ("finished", ["remove"]),
        ("failed", ["retry", "remove"]),
        ("cancelled", ["remove"]),
        ("removing", []),
        ("removed", []),
    ],
)
def test_the_job_page_offers_the_actions_that_state_and_permission_allow(
    operator: Client, state: str, acts: list[str]
) -> None:
    job = job_in(state)
    assert acts_on(operator.get(f"/jobs/{job.pk}/")) == acts
    assert acts_on(visit(person("viewer", "view_job")).get(f"/jobs/{job.pk}/")) == []


def acts_on(response: Any) -> list[str]:
    return re.findall(r'(?:href|action)="/jobs/\d+/(\w+)/"', response.content.decode())


def test_the_job_page_shows_that_no_worker_is_running(operator: Client) -> None:
    job = start()
    Job.objects.update(created_at=timezone.now() - HOUR)
    assert "Queued: no worker is running" in text_of(operator.get(f"/jobs/{job.pk}/"))


def test_the_job_page_has_the_audit_log_and_the_results(operator: Client) -> None:
    job = start(by=User.objects.get(username="operator"), hours=24)
    made(job, 25)
    operator.post(f"/jobs/{job.pk}/cancel/")
    actions.remove(job_id=job.pk, by=person("colleague"))
    removed(job, 25)
    audit_log = audit_log_on(operator.get(f"/jobs/{job.pk}/"))
    assert audit_log == [
        "requested by you",
        "started",
        "cancelled by you at 25 of 60",
        "removal requested by colleague",
        "25 of 25 accounts removed",
    ]


def test_the_job_page_shows_only_the_newest_entries_of_a_long_audit_log(operator: Client) -> None:
    job = start()
    begun = len(operator.get(f"/jobs/{job.pk}/").content)
    details = (f"as CSV {number}" for number in range(2_000))
    Act.objects.bulk_create(Act(job=job, kind="exported", at=timezone.now(), detail=detail) for detail in details)
    response = operator.get(f"/jobs/{job.pk}/")
    log_on_page = audit_log_on(response)
    assert log_on_page[:2] == ["requested from the command line", "1,950 earlier entries are in the admin only"]
    assert log_on_page[2].endswith("as CSV 1950")
    assert log_on_page[-1].endswith("as CSV 1999")
    assert len(response.content) - begun < 20_000


def test_the_job_list_reads_no_audit_logs(operator: Client, django_assert_max_num_queries: Any) -> None:
    start()
    outbox.relay("users")
    with django_assert_max_num_queries(20) as found:
        operator.get("/jobs/")
    assert not [query["sql"] for query in found.captured_queries if query["sql"].startswith('SELECT "arrivals_act"')]


def audit_log_on(response: Any) -> list[str]:
    found = re.search(r'<ol class="record-lines">(.*?)</ol>', response.content.decode(), re.S)
    assert found
    return re.findall(r"<span>(.+?)</span>", found.group(1))


def test_without_view_user_the_pages_of_jobs_have_no_names_and_are_not_live(operator: Client) -> None:
    job = start(by=User.objects.get(username="operator"))
    made(job, 25)
    viewer = visit(person("viewer", "view_job"))
    name = Account.objects.filter(job=job).values_list("user__username", flat=True)[0]
    for address in ("/jobs/", f"/jobs/{job.pk}/"):
        response = viewer.get(address)
        content = response.content.decode()
        assert "Not live. Reload to update." in text_of(response)
        assert not re.search("operator|command line", text_of(response))
        assert name not in content
        assert not re.search("js/pages/job_", content)
    assert audit_log_on(viewer.get(f"/jobs/{job.pk}/")) == ["requested", "started"]


def test_the_accounts_of_a_job_are_paged_by_their_number(operator: Client) -> None:
    job = made(start(), 60)
    other_job = made(start(), 60)
    assert other_job.pk != job.pk
    first = operator.get(f"/jobs/{job.pk}/")
    assert numbers_on(first) == list(range(60, 40, -1))
    assert 'href="?before=41"' in first.content.decode()
    assert numbers_on(operator.get(f"/jobs/{job.pk}/?before=41")) == list(range(40, 20, -1))
    ids = Account.objects.filter(job=job, number=60).values_list("user", flat=True)
    assert f'data-id="{ids[0]}"' in first.content.decode()


def numbers_on(response: Any) -> list[int]:
    return [int(number) for number in re.findall(r'<td class="row-job">(\d+)</td>', response.content.decode())]


def test_the_page_carries_the_job_with_its_offset(operator: Client) -> None:
    job = job_in("removing")
    data = data_on(operator.get(f"/jobs/{job.pk}/"), "job-data")
    assert (data["job"]["created"], data["job"]["removed"], data["job"]["state"]) == (25, 10, "removing")
    assert data["head"] == data["job"]["offset"] == outbox.head("users").head
    assert data["socket"] == f"/ws/users/?job={job.pk}"


def test_the_chart_counts_created_accounts_and_not_removed_ones(operator: Client) -> None:
    job = job_in("removed")
    data = data_on(operator.get(f"/jobs/{job.pk}/"), "job-data")
    assert 25 <= sum(data["timeline"]["counts"]) <= 25 + 2  # with the events of the job itself
    assert not data["is_cut"]


def test_the_chart_says_that_the_first_events_were_trimmed(operator: Client) -> None:
    job = made(made(start(), 25), 25)
    outbox.relay("users")
    log.trim("users", keep=25, older_than=timezone.now() - HOUR)
    response = operator.get(f"/jobs/{job.pk}/")
    assert "The beginning is no longer in the log" in text_of(response)
    assert sum(data_on(response, "job-data")["timeline"]["counts"]) == 25


def test_the_job_page_shows_when_the_accounts_are_removed_automatically(operator: Client) -> None:
    job = start(hours=24)
    expected = (job.created_at + 24 * HOUR).strftime("%H:%M:%S")
    assert f"{expected}, except accounts in use." in text_of(operator.get(f"/jobs/{job.pk}/"))
    assert "Accounts are not removed automatically." in text_of(operator.get(f"/jobs/{start().pk}/"))
