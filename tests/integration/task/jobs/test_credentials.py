"""The credentials export: a password only where it is known to be right, else an empty cell or a refusal."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.hashers import identify_hasher, make_password
from django.db import OperationalError

from task.accounts import passwords
from task.jobs import actions, credentials
from task.jobs.credentials import CHANGED, Credentials, Export, NoCredentials
from task.models import Account, Act, Job
from task.options import FULL, SHARED, Options
from tests.support import stepping

User: Any = get_user_model()
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]
FULL_STRENGTH = Options(hashing=FULL)


def exported(job: Job, by: Any = None) -> list[Credentials]:
    taken = credentials.start_export(job_id=job.pk, written_as="csv", by=by)
    return [row for rows in credentials.read_chunks(taken) for row in rows]


def user_of(number: int) -> Any:
    return User.objects.get(account__number=number)


def signs_in(row: Credentials) -> bool:
    return authenticate(username=row.username, password=row.password) is not None


def test_the_export_has_each_account_once_in_order_with_a_working_password(monkeypatch: Any) -> None:
    monkeypatch.setattr(credentials, "CHUNK_SIZE", 7)
    job = stepping.finished(20)
    rows = exported(job)
    users = User.objects.order_by("account__number")
    assert [(row.username, row.email) for row in rows] == [(user.username, user.email) for user in users]
    assert len({row.password for row in rows}) == 20
    assert all(signs_in(row) for row in rows[::9])


def test_a_chunk_takes_one_query_for_any_number_of_accounts(django_assert_num_queries: Any) -> None:
    job = stepping.finished(60)
    export = Export.of(job, by=User.objects.create(username="exporter"))
    with django_assert_num_queries(1):
        assert len(credentials.read_chunk(export).rows) == 60


@pytest.mark.usefixtures("full_strength")
def test_a_password_is_verified_once_after_a_sign_in_and_stays_right(monkeypatch: Any) -> None:
    job = stepping.finished(3)
    before = exported(job)
    assert signs_in(before[1])
    upgraded = user_of(2).password
    assert identify_hasher(upgraded).decode(upgraded)["iterations"] > 1
    assert exported(job) == before
    assert user_of(2).password == upgraded, "an export upgrades no hash"
    monkeypatch.setattr(credentials, "check_password", lambda *_: pytest.fail("It was verified before."))
    assert exported(job) == before


def test_a_full_strength_password_is_exported_without_verification(monkeypatch: Any) -> None:
    job = stepping.finished(2, options=FULL_STRENGTH)
    monkeypatch.setattr(credentials, "check_password", lambda *_: pytest.fail("This takes 0.2 s."))
    rows = exported(job)
    monkeypatch.undo()
    assert all(signs_in(row) for row in rows)


@pytest.mark.parametrize("options", [Options(), FULL_STRENGTH], ids=["light", "full"])
def test_a_changed_password_is_an_empty_cell(options: Options) -> None:
    job = stepping.finished(3, options=options)
    before = exported(job)
    changed = user_of(2)
    changed.set_password("another password")
    changed.save()
    User.objects.filter(account__number=3).update(password=make_password(None))
    assert [row.password for row in exported(job)] == [before[0].password, "", ""]
    assert [row.reason for row in exported(job)] == ["", CHANGED, CHANGED]


def test_a_renamed_account_has_a_working_password_or_an_empty_cell() -> None:
    light, full = stepping.finished(1), stepping.finished(1, options=FULL_STRENGTH)
    before = exported(full)[0]
    for job in (light, full):
        User.objects.filter(account__job=job).update(username=f"renamed-{job.pk}")
    assert exported(light)[0].password == ""
    assert exported(full) == [Credentials(f"renamed-{full.pk}", before.email, before.password)]
    assert signs_in(exported(full)[0])


@pytest.mark.parametrize(
    "stored", ["", "!", "plain", "pbkdf2_sha256$1$", "pbkdf2_sha256$1$salt$ä", "pbkdf2_sha256$x$y$z"]
)
def test_an_invalid_hash_gives_an_empty_cell(stored: str) -> None:
    job = stepping.finished(1)
    User.objects.update(password=stored)
    assert [row.password for row in exported(job)] == [""]


def test_a_deleted_account_is_not_exported() -> None:
    job = stepping.finished(3)
    before = exported(job)
    user_of(1).delete()
    assert exported(job) == before[1:]


def test_an_active_job_exports_its_accounts_so_far() -> None:
    job, _ = stepping.running(made=2, total=5)
    assert len(exported(job)) == 2


def test_slow_verification_makes_small_chunks(monkeypatch: Any) -> None:
    job = stepping.finished(3)
    User.objects.update(password=make_password("another one"))
    monkeypatch.setattr(credentials, "CHUNK_SECONDS", 0)
    assert [len(rows) for rows in credentials.read_chunks(Export.of(job, by=None))] == [1, 1, 1]


def test_an_export_succeeds_when_a_busy_database_cannot_store_a_verified_hash(monkeypatch: Any) -> None:
    job = stepping.finished(1)
    before = exported(job)
    assert signs_in(before[0])

    def busy() -> Any:
        raise OperationalError("database is locked")

    monkeypatch.setattr(credentials, "short", busy)
    assert exported(job) == before
    assert Account.objects.get().known_hash == ""


def test_an_undo_after_an_export_keeps_a_used_account() -> None:
    job = stepping.finished(2)
    assert signs_in(exported(job)[0])
    User.objects.update(last_login=None)
    exported(job)
    stepping.remove_all(job)
    assert [account.number for account in Account.objects.all()] == [1]


def removed() -> Job:
    return stepping.remove_all(stepping.finished(1))


def forgotten() -> Job:
    return actions.forget(job_id=stepping.finished(1).pk).job


def shared() -> Job:
    return stepping.finished(1, options=Options(passwords=SHARED, shared_password="typed by a person"))


def of_another_key() -> Job:
    job = stepping.finished(1)
    Job.objects.update(key_fingerprint=passwords.fingerprint("another key"))
    return job


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (removed, "The accounts of job {} are removed."),
        (forgotten, "The passwords of job {} are forgotten."),
        (shared, "All accounts of job {} have the shared password of its request, which is not stored."),
        (of_another_key, "The passwords of job {} were made with another SECRET_KEY: set that one to export them."),
    ],
)
def test_an_export_without_passwords_is_refused_with_the_reason(make: Callable[[], Job], sentence: str) -> None:
    job = make()
    with pytest.raises(NoCredentials) as refused:
        exported(job)
    assert str(refused.value) == sentence.format(job.pk)
    assert not Act.objects.filter(kind=Act.Kind.EXPORTED).exists()


def test_an_export_is_in_the_audit_log_before_the_first_password_is_read() -> None:
    by = User.objects.create(username="exporter")
    job = stepping.finished(1)
    credentials.start_export(job_id=job.pk, written_as="json", by=by)
    act = Act.objects.get(kind=Act.Kind.EXPORTED)
    assert (act.job, act.by, act.by_name, act.detail) == (job, by, "exporter", "as JSON")


def test_forgotten_passwords_still_work_and_are_in_the_audit_log_once() -> None:
    job = stepping.finished(1, options=FULL_STRENGTH)
    (row,) = exported(job)
    by = User.objects.create(username="forgetter")
    assert [actions.forget(job_id=job.pk, by=by).is_new for _ in range(2)] == [True, False]
    assert bytes(stepping.now(job).nonce) == b""
    assert Act.objects.get(kind=Act.Kind.FORGOTTEN).by == by
    assert signs_in(row)
    User.objects.filter(account__job=job).update(password=Account.objects.get().known_hash)
    assert stepping.remove_all(job).state == "removed"
    assert not Account.objects.exists(), "an undo still recognizes unused accounts"


def test_forgetting_the_passwords_of_an_active_job_is_refused() -> None:
    job, task_id = stepping.running(made=1, total=3)
    with pytest.raises(actions.WrongState, match="needs its passwords: cancel it first, or wait for its end"):
        actions.forget(job_id=job.pk)
    assert stepping.step(job, task_id, 2)
    assert all(signs_in(row) for row in exported(job))


def test_retry_of_a_job_with_forgotten_passwords_is_refused() -> None:
    job = stepping.failed()
    actions.forget(job_id=job.pk)
    with pytest.raises(actions.WrongState, match="are forgotten: it can make no more accounts"):
        actions.retry(job_id=job.pk)


def test_forgetting_a_shared_password_is_refused() -> None:
    with pytest.raises(actions.WrongState, match="has the password that was typed: there is nothing to forget"):
        actions.forget(job_id=shared().pk)
