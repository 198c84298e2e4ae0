"""VAR_DIR: the folder of `manage.py live`'s data, readable only by its owner.

Loads no settings, because they need the secret key that this module creates.
"""

import errno
import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from asgi_config import environment
from asgi_config.installation import default_var_dir

VAR_DIR = Path(environment.text("VAR_DIR", str(default_var_dir()))).absolute()


class AlreadyLocked(Exception):
    """Another process holds the lock. The message is its pid."""


def make_secret_key() -> None:
    """Creates VAR_DIR, and its secret key if neither the folder nor the environment has one."""
    with write_errors_explained():
        VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not environment.secret("SECRET_KEY"):
            write_once(VAR_DIR / "secret_key", secrets.token_urlsafe(50))


@contextmanager
def write_errors_explained() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        is_full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        remedy = "make room on its disk" if is_full else "set VAR_DIR to a folder of yours"
        raise ImproperlyConfigured(
            f"{error.filename or VAR_DIR} cannot be written ({error.strerror}): {remedy}."
        ) from error


def write_once(path: Path, text: str) -> None:
    """Creates the file atomically, with mode 0600. Does nothing if it exists."""
    draft = _draft(path, text)
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def write_private(path: Path, text: str) -> None:
    """Creates or replaces the file atomically, with mode 0600."""
    _draft(path, text).replace(path)


def _draft(path: Path, text: str) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
    return draft


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Locks the file for the block, or until the process ends. Raises AlreadyLocked instead of waiting."""
    with write_errors_explained():
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyLocked(file.read().strip()) from error
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield
