"""Django's LOGGING: one line per record on stderr, in the same format from every process."""

from typing import Any


def log_configuration(level: str, lines: str) -> dict[str, Any]:
    """`lines` is the dotted name of the formatter class."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": lines}},
        "filters": {
            "refusals": {"()": "asgi_config.logs.refusals.RefusedRequests", "level": level},
            "duplicates": {"()": "asgi_config.logs.duplicates.DuplicateFilter"},
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["refusals", "duplicates"],  # in this order, because only warnings count as duplicates
            }
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django's own handlers would write each record a second time with DEBUG.
            "django": {"handlers": [], "level": "NOTSET"},
            # `runserver` would log each request again, with its colours escaped. asgi_config.web.request_id logs it.
            "django.server": {"handlers": [], "level": "CRITICAL"},
            "django.channels.server": {"level": "CRITICAL"},
            # Warnings about missing and forbidden pages concern only the visitor.
            "django.request": {"level": "ERROR"},
            # Its lines contain user names. asgi_config.sign_in.signals logs ids and addresses instead.
            "axes": {"level": "CRITICAL"},
            # With DEBUG it writes every statement with its values: mail addresses, hashes, sessions.
            "django.db.backends": {"level": "INFO"},
            # Its one warning is normal: a message that arrived during shutdown went back to the queue.
            "kombu.transport.virtual.base": {"level": "ERROR"},
        },
    }
