"""VAR_DIR is private, and has one secret key."""

import errno
import fcntl
import os
import stat
import threading
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from asgi_config import var_dir


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(var_dir, "VAR_DIR", tmp_path / "var")
    monkeypatch.delenv("SECRET_KEY", raising=False)
    return tmp_path / "var"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def existing(folder: Path, *names: str) -> None:
    folder.mkdir()
    folder.chmod(0o755)
    for name in names:
        (folder / name).write_text("x")


@pytest.mark.parametrize("names", [(), ("secret_key", "db.sqlite3", "redis.url", "beat-last-runs.dat")])
def test_an_open_folder_of_ours_is_closed(folder: Path, names: tuple[str, ...]) -> None:
    existing(folder, *names)
    var_dir.make_secret_key()
    assert mode(folder) == 0o700


def test_a_folder_with_other_files_stays_open_but_its_key_is_private(folder: Path) -> None:
    existing(folder, "holiday.jpg")
    for _ in range(2):
        var_dir.make_secret_key()
    assert mode(folder) == 0o755
    assert mode(folder / "secret_key") == 0o600


def test_starts_at_the_same_time_make_one_key(folder: Path) -> None:
    found: list[str] = []

    def start() -> None:
        var_dir.make_secret_key()
        found.append((folder / "secret_key").read_text())

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found) == 8


def test_a_file_system_without_hard_links_and_modes_is_enough(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def not_supported(*args: object, **options: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    existing(folder)
    monkeypatch.setattr(os, "link", not_supported)
    monkeypatch.setattr(os, "chmod", not_supported)
    var_dir.make_secret_key()
    assert len((folder / "secret_key").read_text()) >= 50


def test_a_file_system_without_locks_is_one_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def not_supported(*args: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    folder.mkdir()
    monkeypatch.setattr(fcntl, "flock", not_supported)
    with (
        pytest.raises(ImproperlyConfigured, match=r"No locks available\): set VAR_DIR to a folder of yours\.$"),
        var_dir.locked(folder / "live.lock"),
    ):
        pass
    with pytest.raises(ImproperlyConfigured, match="No locks available"):
        var_dir.make_secret_key()
