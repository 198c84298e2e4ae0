"""VAR_DIR, where `manage.py live` keeps its data, readable by its owner only.

Loads no settings: they need the secret key that is made here.
"""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from asgi_config import environment

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(environment.text("VAR_DIR", str(BASE_DIR / "var"))).absolute()


class AlreadyHeld(Exception):
    """Another process, whose pid is the message, holds the lock."""


def make_secret_key() -> None:
    """Makes VAR_DIR, and the secret key in it unless there is one or the environment has one."""
    with said_where_unwritable():
        VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not environment.secret("SECRET_KEY"):
            write_once(VAR_DIR / "secret_key", secrets.token_urlsafe(50))


@contextmanager
def said_where_unwritable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ImproperlyConfigured(
            f"{error.filename or VAR_DIR} cannot be written ({error.strerror}): set VAR_DIR to a folder of yours."
        ) from error


def write_once(path: Path, text: str) -> None:
    """Leaves a file that exists as it is; a crash or a full disk leaves none, rather than an empty one."""
    draft = _draft(path, text)
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def write_private(path: Path, text: str) -> None:
    """A reader sees the old content or the new one, never half of it."""
    _draft(path, text).replace(path)


def _draft(path: Path, text: str) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
    return draft


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Holds the lock until the end of the block or of the process, whichever comes first."""
    with said_where_unwritable():
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyHeld(file.read().strip()) from error
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield
