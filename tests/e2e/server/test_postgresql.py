"""PostgreSQL: backup and restore as docs/operations.md says, and no value in its log, as compose.yaml sets it."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
import pytest

from tests.support.clients.watcher import Watcher
from tests.support.services import postgres
from tests.support.services.deployment import SERVICES
from tests.support.services.service import ROOT, clean_environment, free_port
from tests.support.web import DEADLINE, web_process

OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
FORMS = {"own": r"(?:pg_dump|psql|pg_restore) ", "compose": "docker compose exec -T postgres "}
DOCKER = '#!/bin/sh\nshift 4  # compose exec -T postgres\nexec "$@"\n'
LATER_CHANGES = """
    ALTER TABLE arrivals_job ADD COLUMN later integer NOT NULL DEFAULT 1;
    CREATE TABLE later (job bigint NOT NULL REFERENCES arrivals_job);
    INSERT INTO later SELECT id FROM arrivals_job;
"""
SET_UP = """
import django
django.setup()
from django.core.management import call_command
from tests.support import stepping
"""
FILL = """
from django.contrib.auth.models import Group, Permission, User
user, group = User.objects.get(username="operator"), Group.objects.create(name="testers")
group.permissions.add(Permission.objects.get(codename="add_job"))
user.groups.add(group)
user.user_permissions.add(Permission.objects.get(codename="export_credentials"))
stepping.finished(60, requested_by=user)
stepping.running(25, 70)
"""
CONTINUE = """
from django.contrib.auth.models import Group, User
from task.jobs import slices
from task.models import Job, Token
user, job = User.objects.get(username="operator"), Job.objects.get(total=70)
group = user.groups.get()
print(group.permissions.get().codename, user.user_permissions.get().codename, Token.objects.get().user)
slices.work(job_id=job.pk, task_id=job.lanes.get().task_id, seconds=60)
stepping.finished(80, requested_by=user)
call_command("token", "operator", "--name", "new")
Group.objects.create(name="new").permissions.set(group.permissions.all())
for job in Job.objects.order_by("pk"):
    call_command("verify", str(job.pk))
"""
PREPARE = """
call_command("migrate", verbosity=0)
call_command("createsuperuser", "--no-input", "--username", "operator", "--email", "operator@example.com", verbosity=0)
call_command("token", "operator")
"""
MAKE = "print(stepping.finished({}).pk)"
AFTER_RESTORE = 'call_command("migrate", verbosity=0); call_command("new_epoch", "--yes")'
VERIFY = 'call_command("verify", "{}"); call_command("verify", str(stepping.finished(80).pk))'


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres.running() as url:
        yield url


@pytest.fixture
def environment(server: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """For a site on that server, with the database and role of compose.yaml, and without Redis."""
    url = postgres.make_role(server)
    with psycopg.connect(server, autocommit=True) as connection:
        docker = tmp_path / "docker"
        docker.write_text(DOCKER)
        docker.chmod(0o755)
        host = psycopg.conninfo.conninfo_to_dict(server)["host"]
        yield clean_environment() | {
            "PATH": f"{tmp_path}:{postgres.PROGRAMS}:{os.environ['PATH']}",
            "PGHOST": str(host),
            "DATABASE_URL": url,
            "REDIS_URL": "redis://127.0.0.1:1/0",
            "SECRET_KEY": "for-the-tests-only-" + "x" * 40,
            "VAR_DIR": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "asgi_config.settings",
        }
        connection.execute("DROP DATABASE arrivals WITH (FORCE)")
        connection.execute("DROP ROLE arrivals")


def run(*command: str, environment: Mapping[str, str]) -> str:
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
    return done.stdout


def python(code: str, environment: Mapping[str, str]) -> str:
    return run(sys.executable, "-c", SET_UP + code, environment=environment).strip()


def documented(form: str, environment: Mapping[str, str]) -> tuple[str, str]:
    """Returns the commands that save, and those that restore, with a folder of this test instead of /backup."""
    lines = re.findall(rf"^{FORMS[form]}.*", OPERATIONS, re.M)
    save = [line for line in lines if "pg_dump" in line]
    restore = [line for line in lines if "pg_dump" not in line]
    assert (len(save), len(restore)) == (1, 2)
    folder = environment["VAR_DIR"]
    return "\n".join(save).replace("/backup", folder), "\n".join(restore).replace("/backup", folder)


def sh(lines: str, environment: Mapping[str, str]) -> None:
    run("sh", "-ec", lines, environment=environment)


def sql(statements: str, environment: Mapping[str, str]) -> None:
    with psycopg.connect(environment["DATABASE_URL"]) as connection:
        connection.execute(statements)


@pytest.mark.parametrize("form", FORMS)
def test_a_restore_removes_every_change_made_after_the_backup(form: str, environment: dict[str, str]) -> None:
    def all_tables() -> str:
        dump = run("pg_dump", "--table=public.*", environment["DATABASE_URL"], environment=environment)
        return re.sub(r"^\\(un)?restrict .*", "", dump, flags=re.M)  # a random word

    save, restore = documented(form, environment)
    sql("CREATE TABLE arrivals_job (id bigserial PRIMARY KEY); INSERT INTO arrivals_job DEFAULT VALUES", environment)
    sh(save, environment)
    before = all_tables()
    sql(LATER_CHANGES, environment)
    sh(restore, environment)
    assert all_tables() == before


async def test_a_restored_service_continues_from_the_backup_and_resets_watchers(environment: dict[str, str]) -> None:
    save, restore = documented("own", environment)
    port = free_port()
    watcher = Watcher(f"http://127.0.0.1:{port}", token=python(PREPARE, environment), after=0)
    saved = python(MAKE.format(60), environment)
    sh(save, environment)
    python(MAKE.format(70), environment)
    with web_process(port, **environment):
        await asyncio.wait_for(watcher.follow(lambda seen: seen.kinds["job.finished"] == 2), DEADLINE)
    sql(LATER_CHANGES, environment)
    sh(restore, environment)
    python(AFTER_RESTORE, environment)
    with web_process(port, **environment):
        await asyncio.wait_for(watcher.follow(lambda seen: bool(seen.resets)), DEADLINE)
    assert watcher.resets == ["epoch"]
    assert python(VERIFY.format(saved), environment).count("each once") == 2


def test_the_role_of_compose_owns_its_database_only(environment: dict[str, str]) -> None:
    def may(statement: str, url: str = environment["DATABASE_URL"]) -> bool:
        try:
            with psycopg.connect(url) as connection:
                connection.execute(statement)
        except psycopg.Error:
            return False
        return True

    assert may("CREATE TABLE own (id int)")
    assert not may("CREATE ROLE another")
    assert not may("SELECT pg_read_file('/etc/passwd')")
    assert not may("COPY (SELECT 1) TO PROGRAM 'true'")
    assert not may("SELECT 1", environment["DATABASE_URL"].removesuffix("arrivals") + "postgres")


def test_a_failed_statement_leaves_no_value_in_the_servers_log(server: str) -> None:
    def fail(mail: str, *options: str) -> None:
        with psycopg.connect(server, options=" ".join(options), autocommit=True) as connection:
            connection.execute("CREATE TEMPORARY TABLE person (mail text PRIMARY KEY)")
            for _ in range(2):
                connection.execute(f"INSERT INTO person VALUES ('{mail}')")

    with pytest.raises(psycopg.errors.UniqueViolation):
        fail("ann@example.com", *SERVICES["postgres"]["command"][1:])
    assert "duplicate key value" in postgres.log(server)
    assert "ann@example.com" not in postgres.log(server)
    with pytest.raises(psycopg.errors.UniqueViolation):
        fail("ben@example.com")
    assert postgres.log(server).count("ben@example.com") == 2, "without these options: detail and statement"


def documented_move(environment: Mapping[str, str]) -> str:
    """Returns the commands of the page, with this test's folder and address."""
    section = OPERATIONS.partition("## Move from SQLite to PostgreSQL")[2]
    block = section.split("```")[1].replace("/backup", environment["VAR_DIR"])
    return re.sub(r"(?<=export DATABASE_URL=).*", environment["DATABASE_URL"], block)


async def test_the_documented_move_keeps_jobs_accounts_tokens_and_cursors(environment: dict[str, str]) -> None:
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    sqlite = {name: value for name, value in environment.items() if name != "DATABASE_URL"}
    port = free_port()
    watcher = Watcher(f"http://127.0.0.1:{port}", token=python(PREPARE, sqlite), after=0)
    python(FILL, sqlite)
    with web_process(port, **{**sqlite, "DATABASE_URL": ""}):
        await asyncio.wait_for(watcher.follow(lambda seen: seen.kinds["user.created"] == 86), DEADLINE)
    sh(documented_move(environment), sqlite)
    output = python(CONTINUE, environment)
    assert output.startswith("add_job export_credentials operator\n")
    assert output.count("each once, in order") == 3
    with web_process(port, **environment):
        await asyncio.wait_for(watcher.follow(lambda seen: seen.kinds["job.finished"] == 3), DEADLINE)
    assert watcher.resets == []
    assert [event["offset"] for event in watcher.events] == [*range(1, len(watcher.events) + 1)]
