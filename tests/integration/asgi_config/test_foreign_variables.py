"""Variables that a shell has for another project: each is harmless here, or one sentence names it."""

import sys
from pathlib import Path

import pytest

from tests.integration.asgi_config.test_settings import run

KEY = {"SECRET_KEY": "for-the-tests-only-and-long-enough", "REDIS_URL": "redis://127.0.0.1:1/0"}
START = {
    "manage.py": ["manage.py", "check"],
    "web": ["-m", "asgi_config.web"],
    "daphne": ["-m", "daphne", "asgi_config.asgi:application"],
    "worker": ["-m", "celery", "-A", "asgi_config", "worker"],
    "beat": ["-m", "celery", "-A", "asgi_config", "beat"],
}


@pytest.fixture
def another_project(tmp_path: Path) -> Path:
    (tmp_path / "mysite.py").write_text("SECRET_KEY = 'x' * 50\nINSTALLED_APPS = []\n")
    return tmp_path


@pytest.mark.parametrize(
    ("process", "module", "sentence"),
    [
        ("manage.py", "no.such", "There is no module DJANGO_SETTINGS_MODULE=no.such: unset this variable.\n"),
        ("web", "mysite", "DJANGO_SETTINGS_MODULE=mysite belongs to another project: unset this variable.\n"),
        ("daphne", "no.such", "There is no module DJANGO_SETTINGS_MODULE=no.such: unset this variable.\n"),
        ("worker", "mysite", "DJANGO_SETTINGS_MODULE=mysite belongs to another project: unset this variable.\n"),
        ("beat", "no.such", "There is no module DJANGO_SETTINGS_MODULE=no.such: unset this variable.\n"),
    ],
)
def test_settings_of_another_project_are_refused(
    another_project: Path, process: str, module: str, sentence: str
) -> None:
    done = run(*START[process], DJANGO_SETTINGS_MODULE=module, PYTHONPATH=str(another_project))
    assert (done.returncode, done.stderr) == (2, sentence)


@pytest.mark.parametrize("name", ["CELERY_BROKER_READ_URL", "BROKER_URL"])
def test_a_queue_of_another_project_is_refused(name: str) -> None:
    done = run(*START["worker"], **{name: "redis://127.0.0.1:1/7"})
    assert done.returncode == 2
    assert "_URL is set, perhaps for another project, and would override Arrivals' settings: unset it." in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_celery_command_without_a_secret_key_is_one_sentence(tmp_path: Path) -> None:
    done = run(*START["worker"], SECRET_KEY="", VAR_DIR=str(tmp_path))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "start `make run` once" in done.stderr


def test_a_loader_of_another_project_is_not_used() -> None:
    done = run("-c", "from asgi_config.celery import app; print(app.loader_cls)", CELERY_LOADER="no.such")
    assert done.stdout == "app\n"


def test_commands_find_their_modules_on_a_safe_path() -> None:
    assert run("manage.py", "check", PYTHONSAFEPATH="1", **KEY).returncode == 0


@pytest.mark.parametrize("command", [["help"], ["migrate", "--plan"]])
def test_output_to_a_full_device_is_one_sentence(command: list[str], tmp_path: Path) -> None:
    program = 'import os, sys; os.dup2(os.open("/dev/full", os.O_WRONLY), 1); os.execv(sys.argv[1], sys.argv[1:])'
    done = run("-c", program, sys.executable, "manage.py", *command, VAR_DIR=str(tmp_path), **KEY)
    sentence = "The output cannot be written: No space left on device. Write it to a place with room.\n"
    assert (done.returncode, done.stderr) == (2, sentence)


@pytest.mark.parametrize("name", ["a#b", "a?b%41 c'd\"e"])
def test_the_database_lies_in_a_folder_with_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    done = run("manage.py", "migrate", "-v0", VAR_DIR=str(folder), **KEY)
    assert (done.returncode, done.stderr) == (0, "")
    assert (folder / "db.sqlite3").is_file()
    assert [path.name for path in tmp_path.iterdir()] == [name]
