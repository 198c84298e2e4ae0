"""The real settings, with folders, keys and a private Redis of the test run's own; DATABASE_URL is honoured."""

import os
import tempfile

from asgi_config.embedded_redis import new_address

os.environ.setdefault("SECRET_KEY", "for-the-tests-only-" + "x" * 40)
os.environ.setdefault("VAR_DIR", tempfile.mkdtemp(prefix="arrivals-tests-"))
os.environ.setdefault("REDIS_URL", new_address())

from asgi_config.settings import *  # noqa: F403

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":  # noqa: F405
    # A file: the in-memory database that Django would use has neither WAL nor waiting writers.
    DATABASES["default"]["TEST"] = {"NAME": f"{os.environ['VAR_DIR']}/test.sqlite3"}  # noqa: F405
