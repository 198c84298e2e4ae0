"""What a checkout gets on any machine: line ends, and the environment of `make`."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.support.services.service import ROOT

SCRIPTS = [".ci/run", "Makefile", "deploy/make-secrets.sh", "docs/clients/follow.sh", "manage.py"]


def test_scripts_keep_their_line_ends_with_autocrlf(tmp_path: Path) -> None:
    def git(*command: str) -> None:
        subprocess.run(["git", "-c", "core.autocrlf=true", *command], cwd=tmp_path, check=True, capture_output=True)

    git("init")
    for name in [".gitattributes", *SCRIPTS]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    git("add", ".")
    for name in SCRIPTS:
        (tmp_path / name).unlink()
    git("checkout", ".")
    assert [name for name in SCRIPTS if b"\r" in (tmp_path / name).read_bytes()] == []


def test_make_does_not_pass_on_variables_that_redirect_python_and_pip() -> None:
    redirecting = ("PYTHONSAFEPATH", "PIP_USER", "PIP_TARGET", "PIP_PREFIX")
    shown = subprocess.run(
        ["make", "--silent", "--eval", "environment: ; @env", "environment"],
        cwd=ROOT,
        env={**os.environ, **dict.fromkeys(redirecting, "1")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "PATH=" in shown.stdout
    assert [name for name in redirecting if f"{name}=" in shown.stdout] == []
