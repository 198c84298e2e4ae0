"""The command that `live` prints for another terminal."""

import shlex
import sys

import pytest

from asgi_config.live.second_terminal import SECRETS, command, needed_secrets
from asgi_config.var_dir import VAR_DIR
from tests.support.services.service import ROOT


def test_a_command_for_another_terminal_has_full_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VAR_DIR")
    assert shlex.split(command("link")) == [sys.executable, str(ROOT / "manage.py"), "link"]


def test_a_command_for_another_terminal_names_a_chosen_var_dir(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAR_DIR", "var2")
    assert shlex.split(command("link"))[:2] == ["env", f"VAR_DIR={VAR_DIR}"]
    assert VAR_DIR.is_absolute()


def test_a_command_for_another_terminal_needs_the_secrets_of_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        monkeypatch.delenv(name, raising=False)
    assert needed_secrets() == []
    monkeypatch.setenv("DATABASE_URL", "postgres://ann@db.example/arrivals")
    assert needed_secrets() == ["DATABASE_URL"]
