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

OWN_FILES = ("secret_key", "db.sqlite3", "redis", "address", "live.", "beat-last-runs", "celerybeat", "screenshots")
VAR_DIR = Path(environment.text("VAR_DIR", str(default_var_dir()))).absolute()


class AlreadyLocked(Exception):
    """Another process holds the lock. The message is its pid."""


def make_secret_key() -> None:
    """Creates VAR_DIR, and its secret key if neither the folder nor the environment has one.

    Two starts at once make one key, because they lock the folder. A hard link would do without a lock, but exFAT and
    shared folders of virtual machines have none.
    """
    key = VAR_DIR / "secret_key"
    with write_errors_explained():
        VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        close_to_others(VAR_DIR)
        if environment.secret("SECRET_KEY"):
            return
        folder = os.open(VAR_DIR, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            if not key.exists():
                write_private(key, secrets.token_urlsafe(50))
        finally:
            os.close(folder)


def close_to_others(folder: Path) -> None:
    """Takes other users' access to a folder that holds files of Arrivals only, or none.

    Leaves any other folder alone, because VAR_DIR may be a home directory or /tmp by mistake.
    """
    is_own = all(file.name.lstrip(".").startswith(OWN_FILES) for file in folder.iterdir())
    if is_own and folder.stat().st_mode & 0o077:
        with suppress(OSError):  # another user's folder, or a file system without modes
            folder.chmod(0o700)


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


def write_private(path: Path, text: str) -> None:
    """Creates or replaces the file atomically, with mode 0600."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
    draft.replace(path)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Locks the file for the block, or until the process ends. Raises AlreadyLocked instead of waiting."""
    with write_errors_explained():
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+") as file:
        with write_errors_explained():
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise AlreadyLocked(file.read().strip()) from error
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield
