"""Which log lines are written, and by whom: one line an event on stderr, in the same form from every process."""

from typing import Any


def log_configuration(level: str, lines: str) -> dict[str, Any]:
    """Django's LOGGING; `lines` names the class that forms a line."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": lines}},
        "filters": {"duplicates": {"()": "asgi_config.logs.duplicates.DuplicateFilter"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["duplicates"]}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django's own handlers would write each record a second time under DEBUG.
            "django": {"handlers": [], "level": "NOTSET"},
            "django.server": {"handlers": [], "level": "NOTSET", "propagate": True},
            # A page that is missing or forbidden is the visitor's matter.
            "django.request": {"level": "ERROR"},
            # It names who tried to sign in; asgi_config.sign_in.lockout says what matters.
            "axes": {"level": "CRITICAL"},
            # Under DEBUG it writes every statement with its values: mail addresses, hashes, sessions.
            "django.db.backends": {"level": "INFO"},
            # Its one warning: a message that came while the worker was stopping went back into the queue, as it should.
            "kombu.transport.virtual.base": {"level": "ERROR"},
        },
    }
