"""Where credentials are taken from: the API, the job's page and the shell. Nobody else hears of a password."""

import csv
import io
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command

from realtime.models import Batch
from task.accounts.rights import STRONGER
from task.jobs import actions, credentials
from task.jobs.credentials import Export
from task.models import Act, Job
from task.options import SHARED, Options
from tests.support import stepping
from tests.support.caller import Caller, caller
from tests.support.visiting import person, text_of, visit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]
SHARED_ONE = Options(passwords=SHARED, shared_password="typed by a person")


@pytest.fixture
def exporter() -> Caller:
    return caller("exporter", "export_credentials")


def address(job: Job, name: str = "") -> str:
    return f"/api/jobs/{job.pk}/credentials{f'?format={name}' if name else ''}"


def known(job: Job) -> list[dict[str, str]]:
    return [
        {"username": row.username, "email": row.email, "password": row.password, "reason": row.reason}
        for rows in credentials.read_chunks(Export.of(job, by=None))
        for row in rows
    ]


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_api_gives_csv_or_json_as_a_file_that_nobody_keeps(exporter: Caller, monkeypatch: Any) -> None:
    monkeypatch.setattr(credentials, "CHUNK_SIZE", 7)
    job = stepping.finished(20)
    table, array = exporter.get(address(job)), exporter.get(address(job, "json"))
    assert read_csv(table.text) == array.json == known(job)
    for answer, name, kind in ((table, "csv", "text/csv; charset=utf-8"), (array, "json", "application/json")):
        assert answer.headers["Content-Type"] == kind
        assert answer.headers["Content-Disposition"] == f'attachment; filename="job-{job.pk}-credentials.{name}"'
        assert answer.headers["Cache-Control"] == "no-store"
    acts = Act.objects.filter(kind=Act.Kind.EXPORTED, by=exporter.user).order_by("pk")
    assert [act.detail for act in acts] == ["as CSV", "as JSON"]


def test_the_api_refuses_with_a_problem_and_notes_nothing(exporter: Caller) -> None:
    job = stepping.finished(1, options=SHARED_ONE)
    answer = exporter.get(address(job))
    assert answer.problem == (409, "no_credentials")
    assert "have the shared password" in answer.json["detail"]
    assert exporter.get(address(Job(pk=10**30))).problem == (404, "not_found")
    assert exporter.get(address(job, "xml")).problem == (422, "invalid")
    assert exporter.get(address(job, "xml")).json["detail"] == "format must be csv or json."
    assert not Act.objects.filter(kind=Act.Kind.EXPORTED).exists()


def test_the_api_gives_no_password_of_an_account_that_may_do_more_than_the_caller(exporter: Caller) -> None:
    job = stepping.finished(2)
    before = known(job)
    promoted = get_user_model().objects.get(username=before[0]["username"])
    promoted.user_permissions.set(Permission.objects.filter(codename="delete_user"))
    table, array = exporter.get(address(job)), exporter.get(address(job, "json"))
    assert read_csv(table.text) == array.json == [before[0] | {"password": "", "reason": STRONGER}, before[1]]
    assert read_csv(call(str(job.pk))) == before, "the shell skips permissions"


def test_an_export_that_breaks_says_that_it_is_not_complete(exporter: Caller, monkeypatch: Any, caplog: Any) -> None:
    job = stepping.finished(20)
    monkeypatch.setattr(credentials, "CHUNK_SIZE", 7)
    stored, calls = credentials._stored, []

    def breaks(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) > 2:
            raise RuntimeError("The database has gone.")
        return stored(*arguments)

    monkeypatch.setattr(credentials, "_stored", breaks)
    rows = read_csv(exporter.get(address(job)).text)
    assert len(rows) == 15
    assert rows[-1].pop("username") == "THIS FILE IS NOT COMPLETE: export it again"
    assert set(rows[-1].values()) == {""}
    assert "failed half-way" in caplog.text


def test_no_password_is_logged_or_on_the_feed(exporter: Caller, caplog: Any) -> None:
    caplog.set_level("DEBUG")
    job = stepping.finished(3)
    secrets = [row["password"] for row in exporter.get(address(job, "json")).json]
    call_command("credentials", str(job.pk), stdout=io.StringIO())
    exporter.post(f"/api/jobs/{job.pk}/forget")
    told = caplog.text + "".join(Batch.objects.values_list("payload", flat=True))
    assert caplog.records
    assert not [secret for secret in secrets if secret in told]


def test_the_page_offers_the_files_and_forgetting_to_those_who_may() -> None:
    job = stepping.finished(2)
    may, may_not = visit(person("owner", "view_job", "export_credentials")), visit(person("other", "view_job"))
    shown = may.get(f"/jobs/{job.pk}/").content.decode()
    for link in (address(job, "csv"), address(job, "json"), f"/jobs/{job.pk}/forget/"):
        assert f'href="{link}"' in shown
        assert link not in may_not.get(f"/jobs/{job.pk}/").content.decode()
    may.get(address(job, "csv"))
    assert "credentials exported by you as CSV" in text_of(may.get(f"/jobs/{job.pk}/"))


def test_the_page_asks_before_it_forgets_and_says_so_for_good_afterwards() -> None:
    job = stepping.finished(2)
    owner = visit(person("owner", "view_job", "export_credentials"))
    assert "This permanently forgets the passwords of 2 accounts." in text_of(owner.get(f"/jobs/{job.pk}/forget/"))
    assert stepping.now(job).nonce
    owner.post(f"/jobs/{job.pk}/forget/")
    shown = owner.get(f"/jobs/{job.pk}/")
    assert f"The passwords of job {job.pk} are forgotten." in text_of(shown)
    assert "passwords forgotten by you" in text_of(shown)
    assert "credentials" not in "".join(part for part in shown.content.decode().split('"') if part.startswith("/api"))
    assert "are forgotten already" in text_of(owner.get(f"/jobs/{job.pk}/forget/"))


def test_the_page_says_why_there_is_nothing_to_download() -> None:
    job = stepping.finished(1, options=SHARED_ONE)
    shown = text_of(visit(person("owner", "view_job", "export_credentials")).get(f"/jobs/{job.pk}/"))
    assert "have the shared password of its request, which is not stored." in shown
    assert "Forget passwords" not in shown


def call(*arguments: str) -> str:
    output = io.StringIO()
    call_command("credentials", *arguments, stdout=output, stderr=io.StringIO())
    return output.getvalue()


def refusal(*arguments: str) -> tuple[int, str]:
    with pytest.raises(CommandError) as refused:
        call(*arguments)
    return refused.value.returncode, str(refused.value)


def test_the_shell_writes_them_to_stdout_and_the_record_says_so() -> None:
    job = stepping.finished(3)
    assert read_csv(call(str(job.pk))) == json.loads(call(str(job.pk), "--format", "json")) == known(job)
    assert [act.by_name for act in Act.objects.filter(kind=Act.Kind.EXPORTED)] == ["", ""]


def test_the_shell_writes_a_new_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    job, file = stepping.finished(3), tmp_path / "users.csv"
    before = os.umask(0)
    try:
        assert call(str(job.pk), "--output", str(file)) == ""
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read_csv(file.read_text()) == known(job)
    assert refusal(str(job.pk), "--output", str(file)) == (2, f"{file} exists: choose a new file.")


def test_the_shell_leaves_no_file_where_there_are_no_credentials(tmp_path: Path) -> None:
    job, file = stepping.finished(1), tmp_path / "users.csv"
    actions.forget(job_id=job.pk)
    assert refusal(str(job.pk), "--output", str(file)) == (1, f"The passwords of job {job.pk} are forgotten.")
    assert refusal("999", "--output", str(file)) == (2, "There is no job 999.")
    assert refusal(str(job.pk), "--output", str(tmp_path)) == (2, f"{tmp_path} exists: choose a new file.")
    nowhere = tmp_path / "none" / "users.csv"
    assert refusal(str(job.pk), "--output", str(nowhere))[0] == 2
    assert list(tmp_path.iterdir()) == []
