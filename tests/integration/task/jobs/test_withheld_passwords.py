"""An export withholds the password of an account that can do more than the exporter."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType

from task.accounts.rights import STAFF, STRONGER
from task.jobs import credentials
from task.jobs.credentials import Credentials, Export
from task.models import Job
from task.options import Options
from tests.support import stepping
from tests.support.clients.visiting import person

User: Any = get_user_model()
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


def exported(job: Job, by: Any) -> list[Credentials]:
    export = credentials.start_export(job_id=job.pk, written_as="csv", by=by)
    return [row for rows in credentials.read_chunks(export) for row in rows]


def group_of(*permissions: str) -> Group:
    group = Group.objects.create(name="-".join(["group", *permissions]))
    group.permissions.set(Permission.objects.filter(codename__in=permissions))
    return group


def become(**flags: bool) -> Callable[[Any], object]:
    return lambda user: User.objects.filter(pk=user.pk).update(**flags)


def permit(user: Any, *permissions: str) -> None:
    user.user_permissions.add(*Permission.objects.filter(codename__in=permissions))


def join(user: Any, *permissions: str) -> None:
    user.groups.add(group_of(*permissions))


def permit_other_model(user: Any) -> None:
    """A permission whose codename the exporter has, of another app."""
    kind = ContentType.objects.get_for_model(Group)
    user.user_permissions.add(Permission.objects.create(codename="export_credentials", content_type=kind, name="Other"))


@pytest.mark.parametrize(
    ("grow", "reason"),
    [
        (become(is_staff=True), STAFF),
        (become(is_superuser=True), STAFF),
        (become(is_superuser=True, is_active=False), STAFF),
        (lambda user: permit(user, "view_job"), STRONGER),
        (lambda user: permit(user, "export_credentials", "view_job"), STRONGER),
        (lambda user: join(user, "view_job"), STRONGER),
        (lambda user: join(user, "export_credentials", "view_job"), STRONGER),
        (permit_other_model, STRONGER),
    ],
)
def test_an_account_that_became_stronger_than_the_exporter_keeps_its_password(
    grow: Callable[[Any], object], reason: str
) -> None:
    job, exporter = stepping.finished(3), person("exporter", "export_credentials")
    before = exported(job, exporter)
    grow(User.objects.get(account__number=2))
    after = exported(job, exporter)
    assert after == [before[0], Credentials(before[1].username, before[1].email, "", reason), before[2]]
    assert exported(job, None) == before, "the shell skips permissions"


def test_accounts_of_a_group_within_the_exporters_rights_are_exported() -> None:
    empty, group = group_of(), group_of("view_logentry")
    job = stepping.finished(3, options=Options(groups=(empty.pk, group.pk)))
    permit(User.objects.get(account__number=1), "view_logentry")
    assert {row.reason for row in exported(job, person("weak", "export_credentials"))} == {STRONGER}
    member = person("member", "export_credentials")
    member.groups.add(group)
    for exporter in (person("holder", "export_credentials", "view_logentry"), User.objects.get(pk=member.pk)):
        assert all(row.password and not row.reason for row in exported(job, exporter))


def test_a_superuser_exports_all_accounts_but_staff_and_superusers() -> None:
    job = stepping.finished(3)
    first, second, third = User.objects.order_by("account__number")
    become(is_staff=True)(first)
    become(is_superuser=True)(second)
    permit(third, "delete_user")
    rows = exported(job, User.objects.create_superuser("root"))
    assert [row.reason for row in rows] == [STAFF, STAFF, ""]
    assert [bool(row.password) for row in rows] == [False, False, True]


def test_an_account_that_grows_during_an_export_keeps_its_password(monkeypatch: Any) -> None:
    monkeypatch.setattr(credentials, "CHUNK_SIZE", 1)
    job = stepping.finished(2)
    export = credentials.start_export(job_id=job.pk, written_as="csv", by=person("exporter", "export_credentials"))
    chunks = credentials.read_chunks(export)
    assert next(chunks)[0].password
    permit(User.objects.get(account__number=2), "view_job")
    assert [row.reason for row in next(chunks)] == [STRONGER]


def test_rights_cost_no_query_a_row(django_assert_num_queries: Any) -> None:
    exporter = person("exporter", "export_credentials")
    job = stepping.finished(60, options=Options(groups=(group_of("view_logentry").pk,)))
    with django_assert_num_queries(4):  # the exporter's own and groups' permissions, all permissions, and groups
        export = Export.of(job, by=exporter)
    with django_assert_num_queries(1):
        assert {row.reason for row in credentials.read_chunk(export).rows} == {STRONGER}


def test_a_withheld_password_is_not_verified(monkeypatch: Any) -> None:
    job, exporter = stepping.finished(1), person("exporter", "export_credentials")
    User.objects.filter(account__job=job).update(is_staff=True, password="pbkdf2_sha256$9$salt$hash")
    monkeypatch.setattr(credentials, "check_password", lambda *_: pytest.fail("This takes 0.2 s."))
    assert [row.reason for row in exported(job, exporter)] == [STAFF]
