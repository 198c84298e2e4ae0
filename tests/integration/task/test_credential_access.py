"""Access to credentials in the API, on the job page and in the shell. No password reaches the log or the feed."""

import csv
import io
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from pytest_django import Settings

from realtime.endpoints.connection_limits import hold_connection
from realtime.models import Batch
from task import tokens
from task.accounts.rights import STRONGER
from task.jobs import actions, credentials
from task.jobs.credentials import Export
from task.models import Act, Job
from task.options import SHARED, Options
from tests.support import stepping
from tests.support.clients.caller import Caller, caller
from tests.support.clients.visiting import person, text_of, visit
from tests.support.database import database_url
from tests.support.services.pseudo_terminal import PseudoTerminal
from tests.support.services.service import ROOT

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


def test_the_api_returns_a_csv_or_json_file_that_is_not_cached(exporter: Caller, monkeypatch: Any) -> None:
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


def test_a_refused_export_is_a_problem_and_not_in_the_audit_log(exporter: Caller) -> None:
    job = stepping.finished(1, options=SHARED_ONE)
    answer = exporter.get(address(job))
    assert answer.problem == (409, "no_credentials")
    assert "have the shared password" in answer.json["detail"]
    assert exporter.get(address(Job(pk=10**30))).problem == (404, "not_found")
    assert exporter.get(address(job, "xml")).problem == (422, "invalid")
    assert exporter.get(address(job, "xml")).json["detail"] == "format must be csv or json."
    assert not Act.objects.filter(kind=Act.Kind.EXPORTED).exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Referer": "http://testserver/jobs/1/"},
        {"Referer": "https://evil.example/"},
        {"Referer": "http://testserver.evil.example/"},
    ],
)
def test_an_export_that_another_sites_page_caused_is_refused_and_not_recorded(
    exporter: Caller, headers: dict[str, str]
) -> None:
    job = stepping.finished(2)
    assert exporter.get(address(job), **headers).problem == (403, "csrf")
    assert not Act.objects.filter(kind=Act.Kind.EXPORTED).exists()
    token = tokens.make_token(user=exporter.user, name="test", days=1)
    assert exporter.get(address(job), **headers, Authorization=f"Bearer {token}").status == 200


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Referer": "http://testserver/jobs/1/"}],
)
def test_an_export_from_this_site_or_an_address_bar_is_served(exporter: Caller, headers: dict[str, str]) -> None:
    assert exporter.get(address(stepping.finished(2)), **headers).status == 200


def test_an_export_over_the_connection_limit_gets_429_and_is_not_in_the_audit_log(
    exporter: Caller, settings: Settings
) -> None:
    settings.SOCKETS_MAX = 1
    job = stepping.finished(1)
    with hold_connection(exporter.user.pk):
        answer = exporter.get(address(job))
    assert answer.problem == (429, "too_many_connections")
    assert int(answer.headers["Retry-After"]) > 0
    assert not Act.objects.filter(kind=Act.Kind.EXPORTED).exists()
    assert exporter.get(address(job)).status == 200


def test_the_api_withholds_passwords_of_accounts_with_more_permissions_than_the_caller(exporter: Caller) -> None:
    job = stepping.finished(2)
    before = known(job)
    promoted = get_user_model().objects.get(username=before[0]["username"])
    promoted.user_permissions.set(Permission.objects.filter(codename="delete_user"))
    table, array = exporter.get(address(job)), exporter.get(address(job, "json"))
    assert read_csv(table.text) == array.json == [before[0] | {"password": "", "reason": STRONGER}, before[1]]
    assert read_csv(call(str(job.pk))) == before, "the shell skips permissions"


def test_an_export_that_fails_midway_ends_with_a_warning_row(exporter: Caller, monkeypatch: Any, caplog: Any) -> None:
    job = stepping.finished(20)
    monkeypatch.setattr(credentials, "CHUNK_SIZE", 7)
    stored, calls = credentials._stored, []

    def fail_midway(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) > 2:
            raise RuntimeError("The database has gone.")
        return stored(*arguments)

    monkeypatch.setattr(credentials, "_stored", fail_midway)
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
    published = caplog.text + "".join(Batch.objects.values_list("payload", flat=True))
    assert caplog.records
    assert not [secret for secret in secrets if secret in published]


def test_the_job_page_offers_export_and_forgetting_only_with_the_permission() -> None:
    job = stepping.finished(2)
    with_permission, without_permission = (
        visit(person("owner", "view_job", "export_credentials")),
        visit(person("other", "view_job")),
    )
    shown = with_permission.get(f"/jobs/{job.pk}/").content.decode()
    for link in (address(job, "csv"), address(job, "json"), f"/jobs/{job.pk}/forget/"):
        assert f'href="{link}"' in shown
        assert link not in without_permission.get(f"/jobs/{job.pk}/").content.decode()
    with_permission.get(address(job, "csv"))
    assert "credentials exported by you as CSV" in text_of(with_permission.get(f"/jobs/{job.pk}/"))


def test_forgetting_needs_a_confirmation_and_stays_visible_on_the_job_page() -> None:
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


def test_the_job_page_explains_why_there_is_no_export() -> None:
    job = stepping.finished(1, options=SHARED_ONE)
    shown = text_of(visit(person("owner", "view_job", "export_credentials")).get(f"/jobs/{job.pk}/"))
    assert "have the shared password of its request, which is not stored." in shown
    assert "Forget passwords" not in shown


def test_a_terminal_shows_control_characters_and_a_pipe_gets_them_unchanged() -> None:
    job = stepping.finished(1)
    get_user_model().objects.update(username="a\x1b[2J\x9bb")
    command = [sys.executable, "manage.py", "credentials", str(job.pk)]
    environment = {**os.environ, "DATABASE_URL": database_url()}
    with PseudoTerminal(command, cwd=ROOT, environment=environment) as terminal:
        assert terminal.wait_for_end() == 0
        assert "\r\na\\u001b[2J\\u009bb," in terminal.raw
        assert "\x1b" not in terminal.raw
    piped = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=60, check=True)
    assert "\na\x1b[2J\x9bb," in piped.stdout.decode()


def call(*arguments: str) -> str:
    output = io.StringIO()
    call_command("credentials", *arguments, stdout=output, stderr=io.StringIO())
    return output.getvalue()


def refusal(*arguments: str) -> tuple[int, str]:
    with pytest.raises(CommandError) as refused:
        call(*arguments)
    return refused.value.returncode, str(refused.value)


def test_the_shell_writes_credentials_to_stdout_and_the_audit_log_has_it() -> None:
    job = stepping.finished(3)
    assert read_csv(call(str(job.pk))) == json.loads(call(str(job.pk), "--format", "json")) == known(job)
    assert [act.by_name for act in Act.objects.filter(kind=Act.Kind.EXPORTED)] == ["", ""]


def test_the_shell_writes_a_new_file_with_mode_0600(tmp_path: Path) -> None:
    job, file = stepping.finished(3), tmp_path / "users.csv"
    before = os.umask(0)
    try:
        assert call(str(job.pk), "--output", str(file)) == ""
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read_csv(file.read_text()) == known(job)
    assert refusal(str(job.pk), "--output", str(file)) == (2, f"{file} exists: choose a new file.")


def test_a_refused_export_to_a_file_leaves_no_file(tmp_path: Path) -> None:
    job, file = stepping.finished(1), tmp_path / "users.csv"
    actions.forget(job_id=job.pk)
    assert refusal(str(job.pk), "--output", str(file)) == (1, f"The passwords of job {job.pk} are forgotten.")
    assert refusal("999", "--output", str(file)) == (2, "There is no job 999.")
    assert refusal(str(job.pk), "--output", str(tmp_path)) == (2, f"{tmp_path} exists: choose a new file.")
    nowhere = tmp_path / "none" / "users.csv"
    assert refusal(str(job.pk), "--output", str(nowhere))[0] == 2
    assert list(tmp_path.iterdir()) == []
