"""The real settings, with folders, keys and a private Redis for the test run. DATABASE_URL is honoured.

Each process of a parallel run (pytest-xdist) has its own; the processes that it starts share them. Its folder is inside
that of the run's first process, so the end of the run deletes all of them, even after an interruption.
"""

import os
import tempfile

from asgi_config.live.embedded_redis import new_address

owner = os.environ.get("PYTEST_XDIST_WORKER", "alone")
if os.environ.get("ARRIVALS_TESTS_OF") != owner:
    outer = os.environ["VAR_DIR"] if "ARRIVALS_TESTS_OF" in os.environ else None
    os.environ["ARRIVALS_TESTS_OF"] = owner
    os.environ["SECRET_KEY"] = "for-the-tests-only-" + "x" * 40
    os.environ["VAR_DIR"] = tempfile.mkdtemp(prefix="arrivals-tests-", dir=outer)
    os.environ["REDIS_URL"] = new_address()

from asgi_config.settings import *  # noqa: E402, F403

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":  # noqa: F405
    # A file: the in-memory database that Django would use has neither WAL nor waiting writers.
    DATABASES["default"]["TEST"] = {"NAME": f"{os.environ['VAR_DIR']}/test.sqlite3"}  # noqa: F405
    # Rows come in reverse unless a query orders them, because PostgreSQL promises no order either.
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA reverse_unordered_selects=ON;"  # noqa: F405

PASSWORD_HASHERS = ["tests.support.hashers.QuickHasher"]

INSTALLED_APPS = ["tests.flushing", *INSTALLED_APPS]  # noqa: F405
