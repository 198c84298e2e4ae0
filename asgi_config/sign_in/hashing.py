"""Limits how many password hashes a process computes at once, because each keeps a core busy for 0.2 s.

A core stays free for pages and sockets, also when many clients sign in at the same moment. Four at most, because each
slot may hold a sign-in attempt that is counted and not yet judged (asgi_config.sign_in.lockout).
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.hashers import PBKDF2PasswordHasher

SLOT_COUNT = max(1, min(4, (os.cpu_count() or 1) - 1))
SLOTS = threading.BoundedSemaphore(SLOT_COUNT)

_thread = threading.local()


class TooBusy(Exception):
    """No slot became free in time."""


@contextmanager
def hash_slot(*, wait_seconds: float | None = None) -> Iterator[None]:
    """Holds a slot for the block; a thread that has one needs no second. Raises TooBusy after `wait_seconds`."""
    if getattr(_thread, "has_slot", False):
        yield
        return
    if not SLOTS.acquire(timeout=wait_seconds):
        raise TooBusy
    _thread.has_slot = True
    try:
        yield
    finally:
        _thread.has_slot = False
        SLOTS.release()


class SlotHasher(PBKDF2PasswordHasher):
    """Django's first hasher, in a slot. All of Django's hashing and verifying goes through `encode`."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        with hash_slot():
            return super().encode(password, salt, iterations)
