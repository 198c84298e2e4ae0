"""The whole life of a job's accounts with a custom user model. test_custom_user_model.py runs it in its own process."""

import uuid
from typing import Any

import pytest
from django.conf import settings as configured
from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from task.accounts.passwords import Deriver
from task.accounts.rights import STAFF, STRONGER
from task.jobs import credentials, slices
from task.jobs.verification import verify
from task.models import Account, Job
from task.options import FULL, REALISTIC, Options
from tests.support.feeding import feed_events
from tests.support.stepping import finished, remove_all

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

Member: Any = get_user_model()


def operator() -> Client:
    client = Client()
    client.force_login(Member.objects.create_superuser("operator@example.com", customer_number="C-operator"))
    return client


def password_of(job: Job, member: Any) -> str:
    return Deriver.of_job(configured.SECRET_KEY, bytes(job.nonce)).password(member.get_username())


@pytest.mark.parametrize("names", ["random", "realistic"])
def test_a_job_makes_its_accounts_with_unique_keys_and_the_extra_field(names: str) -> None:
    job = finished(60, options=Options(names=names))
    assert job.state == "finished"
    assert verify(job).problems == []
    members = list(Member.objects.all())
    assert len({member.pk for member in members}) == 60
    assert all(member.customer_number.startswith("C-") and member.date_joined for member in members)


def test_the_command_line_makes_accounts() -> None:
    call_command("generate", "50")
    lane = Job.objects.get().lanes.get()
    assert slices.work(job_id=lane.job_id, task_id=lane.task_id, seconds=60) == "50 random users created with success!"
    assert Member.objects.count() == 50


def test_ids_are_text_on_the_feed_and_in_the_api() -> None:
    job = finished(2)
    published = [event["user"]["id"] for event in feed_events() if event["type"] == "user.created"]
    assert {uuid.UUID(key) for key in published} == set(Account.objects.values_list("pk", flat=True))
    shown = operator().get(f"/api/users?job={job.pk}").json()["items"]
    assert {user["id"] for user in shown} == set(published)


@pytest.mark.parametrize("hashing", ["light", "full"])
def test_an_account_signs_in_with_its_mail_address_and_its_derived_password(hashing: str) -> None:
    job = finished(2, options=Options(hashing=hashing))
    member = Member.objects.first()
    page = Client().post("/accounts/login/", {"username": member.email, "password": password_of(job, member)})
    assert page.status_code == 302
    assert authenticate(username=member.email, password="wrong") is None


def test_an_export_withholds_the_passwords_of_stronger_accounts() -> None:
    exporter = Member.objects.create_user("exporter@example.com", customer_number="C-exporter")
    job, group = finished(4), Group.objects.create(name="viewers")
    group.permissions.set(Permission.objects.filter(codename="view_job"))
    staff, member, holder, other = Member.objects.filter(account__job=job).order_by("account__number")
    Member.objects.filter(pk=staff.pk).update(is_staff=True)
    member.groups.add(group)
    holder.user_permissions.set(group.permissions.all())
    export = credentials.start_export(job_id=job.pk, written_as="csv", by=exporter)
    rows = [row for rows in credentials.read_chunks(export) for row in rows]
    assert [row.reason for row in rows] == [STAFF, STRONGER, STRONGER, ""]
    assert [row.password for row in rows] == ["", "", "", password_of(job, other)]


def test_wrong_passwords_lock_only_one_login_name(settings: Settings) -> None:
    settings.AXES_FAILURE_LIMIT = 2
    names = ["ann@example.com", "ann@example.com", "ben@example.com"]
    answers = [Client().post("/accounts/login/", {"username": name, "password": "wrong"}) for name in names]
    assert [answer.status_code for answer in answers] == [200, 429, 200]


def test_taken_e_mail_addresses_are_replaced() -> None:
    options = Options(seed=7, names=REALISTIC)
    finished(50, options=options)
    assert finished(60, options=options).created == 60
    assert Member.objects.count() == 110


def test_an_undo_removes_unused_accounts_and_publishes_each() -> None:
    group = Group.objects.create(name="testers")
    job = finished(60, options=Options(groups=(group.pk,)))
    used = Member.objects.first()
    Client().post("/accounts/login/", {"username": used.email, "password": password_of(job, used)})
    assert remove_all(job).state == "removed"
    assert [member.pk for member in Member.objects.all()] == [used.pk]
    removed = {event["user"]["id"] for event in feed_events() if event["type"] == "user.removed"}
    assert len(removed) == 59
    assert str(used.pk) not in removed


def test_a_user_created_and_deleted_outside_jobs_is_on_the_feed() -> None:
    member = Member.objects.create_user("somebody@example.com", customer_number="C-1")
    key = str(member.pk)
    member.delete()
    assert [(event["type"], event["user"]["id"], event["user"]["username"]) for event in feed_events()] == [
        ("user.created", key, "somebody@example.com"),
        ("user.removed", key, "somebody@example.com"),
    ]


def test_every_page_of_users_and_jobs_can_be_read_and_searched() -> None:
    job = finished(60)
    client = operator()
    user_list = client.get("/users/").context["list"]
    assert [
        client.get(f"/users/?before={user_list.last_id}").status_code,
        len(user_list.rows),
        user_list.has_older,
    ] == [
        200,
        50,
        True,
    ]
    assert len(client.get(f"/users/?before={user_list.last_id}").context["list"].rows) == 11
    assert client.get("/users/?q=operator@").context["list"].rows[0].email == "operator@example.com"
    assert client.get("/users/?before=nonsense").status_code == 400
    following = client.get("/api/users?limit=50").json()["next"]
    assert len(client.get(following).json()["items"]) == 11
    for address in (f"/jobs/{job.pk}/", "/admin/arrivals/account/", "/admin/arrivals/account/?q=user"):
        assert client.get(address).status_code == 200


def test_an_account_with_full_hashing_is_removed() -> None:
    assert remove_all(finished(1, options=Options(hashing=FULL))).state == "removed"
    assert not Member.objects.exists()
