"""Formats log lines as text with key=value fields, or as one JSON object. Both include the log context."""

import datetime
import json
import logging
import re
from collections.abc import Mapping

from asgi_config.logs.redaction import redacted
from realtime import log_context
from realtime.printable import printable

PLAIN = re.compile(r"[^\s\"=]+")


class Lines(logging.Formatter):
    """Shared parts of a line. `extra={"fields": {...}}` adds fields to one line."""

    def fields(self, record: logging.LogRecord) -> Mapping[str, object]:
        return {**log_context.fields(), **getattr(record, "fields", {})}

    def when(self, record: logging.LogRecord) -> str:
        moment = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def error(self, record: logging.LogRecord) -> str:
        parts = [self.formatException(record.exc_info)] if record.exc_info else []
        return "\n".join([*parts, *([self.formatStack(record.stack_info)] if record.stack_info else [])])


class TextLines(Lines):
    """One line per record, followed by the traceback of an error."""

    def format(self, record: logging.LogRecord) -> str:
        message = redacted(record.getMessage())
        fields = "".join(f" {name}={_quoted(redacted(str(value)))}" for name, value in self.fields(record).items())
        error = redacted(self.error(record)).splitlines()
        line = f"{self.when(record)} {record.levelname} {record.name}: {message}{fields}"
        return "\n".join(map(printable, [line, *error]))


class JsonLines(Lines):
    """One line per record, including its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": self.when(record),
            "level": record.levelname,
            "logger": record.name,
            "message": redacted(record.getMessage()),
        }
        for name, value in self.fields(record).items():
            line[name] = redacted(value) if isinstance(value, str) else value
        if error := self.error(record):
            line["error"] = redacted(error)
        return printable(json.dumps(line, default=str, ensure_ascii=False))


def _quoted(text: str) -> str:
    return text if PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
