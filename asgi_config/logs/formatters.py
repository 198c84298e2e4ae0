"""Formats log lines as text with key=value fields, or as one JSON object. Both include the log context.

A visitor cannot make a line long: message, fields and traceback are cut after their secrets were removed.
"""

import datetime
import json
import logging
import re
from collections.abc import Mapping

from asgi_config.logs.redaction import redacted
from realtime import log_context
from realtime.printable import printable

PLAIN = re.compile(r"[^\s\"=]+")
LONGEST_MESSAGE = 1_000
LONGEST_FIELD = 200
LONGEST_ERROR = 20_000


class Lines(logging.Formatter):
    """Shared parts of a line. `extra={"fields": {...}}` adds fields to one line."""

    def fields(self, record: logging.LogRecord) -> Mapping[str, object]:
        return {**log_context.fields(), **getattr(record, "fields", {})}

    def when(self, record: logging.LogRecord) -> str:
        moment = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def error(self, record: logging.LogRecord) -> str:
        parts = [self.formatException(record.exc_info)] if record.exc_info else []
        text = "\n".join([*parts, *([self.formatStack(record.stack_info)] if record.stack_info else [])])
        return redacted(text)[-LONGEST_ERROR:]  # the error itself is at the end

    def message(self, record: logging.LogRecord) -> str:
        return _cut(redacted(record.getMessage()), LONGEST_MESSAGE)


class TextLines(Lines):
    """One line per record, followed by the traceback of an error."""

    def format(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {name}={_quoted(_field(str(value)))}" for name, value in self.fields(record).items())
        line = f"{self.when(record)} {record.levelname} {record.name}: {self.message(record)}{fields}"
        return "\n".join(map(printable, [line, *self.error(record).splitlines()]))


class JsonLines(Lines):
    """One line per record, including its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": self.when(record),
            "level": record.levelname,
            "logger": record.name,
            "message": self.message(record),
        }
        for name, value in self.fields(record).items():
            line[name] = _field(value) if isinstance(value, str) else value
        if error := self.error(record):
            line["error"] = error
        return printable(json.dumps(line, default=str, ensure_ascii=False))


def _field(text: str) -> str:
    return _cut(redacted(text), LONGEST_FIELD)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}... ({len(text) - most} more characters)"


def _quoted(text: str) -> str:
    return text if PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
