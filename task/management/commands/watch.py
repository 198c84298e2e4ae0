"""`manage.py watch`: follows the feed in a terminal, one line an event, until Ctrl-C."""

import asyncio
import json
import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError

from realtime import log
from realtime.follow import follow
from realtime.protocol import Ask, Batch, Cursor
from task.events import FEED
from task.models import Job

RETRY_SECONDS = 1.0
OBJECTIONS = {
    "ahead": "The log ends at offset {0.head}: ask for --after {0.head} or less.",
    "trimmed": "The log begins after offset {0.floor}: ask for --after {0.floor} or more, or for 0 to see all of it.",
}


class Command(BaseCommand):
    help = "Follow the events of the feed, live; --after 0 shows all that the log holds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--after", type=int, metavar="OFFSET", help="begin after this offset (default: now)")
        parser.add_argument("--job", type=int, metavar="ID", help="only the events of this job")
        parser.add_argument("--json", action="store_true", help="one event a line, as JSON")

    def handle(self, *args: Any, after: int | None, job: int | None, **options: Any) -> None:
        if after is not None and after < 0:
            raise CommandError("--after is an offset: 0 shows all that the log holds.")
        if job is not None and not Job.objects.filter(pk=job).exists():
            raise CommandError(f"There is no job {job}.", returncode=2)
        cursor = self._start(after)
        self.write_event = self._write_json if options["json"] else self._write_words
        try:
            asyncio.run(self._watch(cursor, str(job) if job is not None else None))
        except KeyboardInterrupt:
            return
        except BrokenPipeError:
            # Whoever read this output has enough of it; the interpreter must not flush into the pipe once more.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except log.CursorLost as error:
            raise CommandError(f"The feed was replaced or trimmed ({error.reason}). Start again.") from error

    def _start(self, after: int | None) -> Cursor:
        position = log.head(FEED)
        epoch = position.epoch if after else None
        cursor, objection = Ask(after, epoch).start(position)
        if objection:
            raise CommandError(OBJECTIONS[objection].format(position))
        return cursor

    async def _watch(self, cursor: Cursor, key: str | None) -> None:
        """Follow for ever; a database that is away for a while only delays."""
        while True:
            try:
                async for batch in follow(FEED, cursor, key=key):
                    self._write(batch, cursor)
                    cursor = Cursor(cursor.epoch, batch.last)
            except (OperationalError, InterfaceError) as error:
                self.stderr.write(f"The database does not answer ({error}); trying again.")
                await asyncio.sleep(RETRY_SECONDS)

    def _write(self, batch: Batch, cursor: Cursor) -> None:
        for event in json.loads(batch.frame)["events"]:
            if event["offset"] > cursor.offset:
                self.write_event(event)
        self.stdout.flush()

    def _write_json(self, event: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(event, separators=(",", ":")))

    def _write_words(self, event: dict[str, Any]) -> None:
        self.stdout.write(f"{event['offset']:>8}  {event['type']:<13} {_words(event)}")


def _words(event: dict[str, Any]) -> str:
    job = event.get("job")
    if "user" not in event:
        return f"job {job}, {event.get('created')} of {event.get('total')}{_reason(event)}"
    name = _printable(event["user"]["username"])
    if event["type"] == "user.created" and job is not None:
        return f"{name}  job {job}, {event['number']} of {event['total']}"
    return name if job is None else f"{name}  job {job}"


def _reason(event: dict[str, Any]) -> str:
    return f": {event['error']}" if "error" in event else ""


def _printable(name: str) -> str:
    """A user name may hold control characters, which a terminal would obey."""
    return "".join(character if character.isprintable() else "?" for character in name)
