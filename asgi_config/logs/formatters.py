"""How a log line looks: plain text with key=value, or one JSON object. Each has the ids of what it belongs to."""

import datetime
import json
import logging
import re
from collections.abc import Mapping

from asgi_config.logs.redaction import redacted
from realtime import log_context

PLAIN = re.compile(r"[^\s\"=]+")


class Lines(logging.Formatter):
    """`extra={"fields": {...}}` adds fields of one line to those of its trace."""

    def fields(self, record: logging.LogRecord) -> Mapping[str, object]:
        return {**log_context.fields(), **getattr(record, "fields", {})}

    def when(self, record: logging.LogRecord) -> str:
        moment = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def error(self, record: logging.LogRecord) -> str:
        parts = [self.formatException(record.exc_info)] if record.exc_info else []
        return "\n".join([*parts, *([self.formatStack(record.stack_info)] if record.stack_info else [])])


class TextLines(Lines):
    """One line an event, and under it the traceback of an error, as people read it."""

    def format(self, record: logging.LogRecord) -> str:
        said = redacted(record.getMessage())
        fields = "".join(f" {name}={_plain(redacted(str(value)))}" for name, value in self.fields(record).items())
        error = redacted(self.error(record)).splitlines()
        line = f"{self.when(record)} {record.levelname} {record.name}: {said}{fields}"
        return "\n".join(map(_visible, [line, *error]))


class JsonLines(Lines):
    """One line an event, also where it has a traceback."""

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
        return json.dumps(line, default=str, ensure_ascii=False)


def _visible(text: str) -> str:
    """What a visitor has put into an address must neither begin a new line nor steer the terminal of who reads it."""
    return text if text.isprintable() else "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def _plain(text: str) -> str:
    return text if PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
