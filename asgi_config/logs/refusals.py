"""Makes one quiet line of a request that Django refuses, such as one for a foreign host."""

import logging


class RefusedRequests(logging.Filter):
    """Lowers records of `django.security` to INFO, and drops their traceback.

    Django logs an error with its traceback. Strangers could fill a log with these, or set off an alarm.
    """

    def __init__(self, level: str) -> None:
        super().__init__()
        self._is_info_logged = logging.getLevelNamesMapping()[level] <= logging.INFO

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith("django.security."):
            return True
        record.levelno, record.levelname = logging.INFO, "INFO"
        record.exc_info = record.exc_text = None
        return self._is_info_logged
