"""`make` installs the packages once and heals `.venv`. The interpreters are fakes, so nothing is downloaded."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.services.service import ROOT

TOOLS = ("sh", "make", "getconf", "expr", "grep", "tail", "sed", "rm", "touch", "mkdir", "cp", "cat")
# Notes each call. Refuses `python -c CODE` if CODE holds a line of NAME.refuses, or of `refuses` for every Python.
FAKE = """#!/bin/sh
echo "${0##*/} $*" >>calls
case "$1 $2" in
"-c "*) for word in $(cat "$0.refuses" refuses 2>/dev/null); do case "$2" in *"$word"*) exit 1 ;; esac; done ;;
"-m venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
"-m pip") [ ! -e pip_fails ] || { cat pip_fails >&2; exit 1; } ;;
"venv "*) mkdir -p .venv/bin && cp "${0%/*}/python3" .venv/bin/python ;;
esac
"""
UNREACHABLE = """\
WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(Temporary failure in name resolution)'
ERROR: No matching distribution found for amqp==5.3.1
"""


class Project:
    """A folder with the Makefile, and a PATH that holds only fake interpreters."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "requirements").mkdir()
        (folder / "bin").mkdir()
        for name in ("Makefile", "requirements/install.sh", "CONTRIBUTING.md"):
            shutil.copy(ROOT / name, folder / name)
        (folder / "requirements/run.txt").write_text("amqp==5.3.1 \\\n    --hash=x\nasgiref==3.11.0 \\\n    --hash=x\n")
        for tool in TOOLS:
            (folder / "bin" / tool).symlink_to(str(shutil.which(tool)))
        self.add("python3")

    def add(self, name: str, *, refuses: str = "") -> None:
        program = self.folder / "bin" / name
        program.write_text(FAKE)
        program.chmod(0o755)
        Path(f"{program}.refuses").write_text(refuses)

    def make(self, target: str = "run", user: int | None = None) -> tuple[int, str]:
        """Returns the exit code and the output."""
        done = subprocess.run(
            ["make", "--silent", target],
            cwd=self.folder,
            env={"PATH": str(self.folder / "bin")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
            user=user,
        )
        return done.returncode, done.stdout

    @property
    def calls(self) -> str:
        file = self.folder / "calls"
        return file.read_text() if file.exists() else ""

    @property
    def installs(self) -> int:
        return self.calls.count(" pip install ")


@pytest.fixture
def project() -> Iterator[Project]:
    with tempfile.TemporaryDirectory(prefix="arrivals-install-") as folder:
        yield Project(Path(folder))


def test_the_first_start_installs_and_says_so_and_the_second_starts_at_once(project: Project) -> None:
    code, output = project.make()
    assert code == 0
    assert output.startswith("Making .venv with python3.\n")
    assert "Installing requirements/run.txt into .venv, up to 2 packages. The first time takes a minute" in output
    assert "python manage.py live" in project.calls
    assert project.make() == (0, "")
    assert project.installs == 1


def test_changed_requirements_are_installed(project: Project) -> None:
    project.make()
    later = (project.folder / ".venv/run.stamp").stat().st_mtime + 10
    os.utime(project.folder / "requirements/run.txt", (later, later))
    project.make()
    assert project.installs == 2


def test_a_dangling_interpreter_is_replaced_and_its_packages_are_installed_again(project: Project) -> None:
    project.make()
    python = project.folder / ".venv/bin/python"
    python.unlink()
    python.symlink_to("/usr/bin/python3.gone")
    code, output = project.make()
    assert code == 0
    assert "The Python or the pip in .venv cannot be used.\nMaking .venv with python3." in output
    assert project.installs == 2


@pytest.mark.parametrize("code", ["version_info", "purelib", "pip"])
def test_a_venv_of_another_python_or_without_pip_is_made_again(project: Project, code: str) -> None:
    project.make()
    (project.folder / ".venv/bin/python.refuses").write_text(code)
    assert "Making .venv with" in project.make()[1]
    assert project.installs == 2
    assert not (project.folder / ".venv/bin/python.refuses").exists()


def test_a_folder_that_cannot_be_written_is_named(project: Project) -> None:
    project.folder.chmod(0o555)
    code, output = project.make(user=65534 if os.getuid() == 0 else None)
    project.folder.chmod(0o755)
    assert code
    assert f"The folder {project.folder} cannot be written: run this as its owner, or in a copy." in output
    assert "apt-get" not in output


def test_an_interpreter_without_venv_is_passed_over(project: Project) -> None:
    project.add("python3.13", refuses="ensurepip")
    assert project.make()[0] == 0
    assert "python3 -m venv" in project.calls


def test_the_advice_names_the_package_of_the_interpreter_without_venv(project: Project) -> None:
    project.add("python3.12", refuses="ensurepip")
    project.add("python3", refuses="version_info")
    code, output = project.make()
    assert code
    assert "python3.12 has no venv module. On Debian: apt-get install python3.12-venv" in output


def test_a_missing_or_too_new_python_is_one_sentence(project: Project) -> None:
    project.add("python3", refuses="version_info")
    assert "No Python 3.11 to 3.14 was found. On Debian: apt-get install" in project.make()[1]


def test_uv_gets_an_upper_bound_because_newer_pythons_have_no_wheels(project: Project) -> None:
    project.add("uv")
    assert project.make()[0] == 0
    assert "uv venv --quiet --python >=3.11,<3.15 .venv" in project.calls
    assert "uv pip install" in project.calls


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (UNREACHABLE, "The package index cannot be reached: check the network"),
        ("ERROR: No space left on device\n", "The packages could not be installed. Correct the error above"),
    ],
)
def test_a_failed_installation_names_its_reason_and_is_repeated(project: Project, error: str, sentence: str) -> None:
    (project.folder / "pip_fails").write_text(error)
    code, output = project.make()
    assert code
    assert error.splitlines()[-1] in output
    assert "WARNING" not in output
    assert sentence in output
    (project.folder / "pip_fails").unlink()
    assert project.make()[0] == 0
    assert project.installs == 2


def test_make_help_lists_the_commands_without_installing(project: Project) -> None:
    code, output = project.make("help")
    assert code == 0
    assert output.startswith("make run  ")
    assert "\nmake test-all  " in output
    assert project.calls == ""
