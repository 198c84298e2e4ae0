"""The shipped settings, but PostgreSQL ends an idle transaction after 3 s instead of 30 s."""

from asgi_config.settings import *  # noqa: F403

SHIPPED, SOON = "idle_in_transaction_session_timeout=30s", "idle_in_transaction_session_timeout=3s"
OPTIONS = DATABASES["default"]["OPTIONS"]  # noqa: F405
assert SHIPPED in OPTIONS["options"], OPTIONS
OPTIONS["options"] = OPTIONS["options"].replace(SHIPPED, SOON)
