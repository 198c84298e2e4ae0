"""`manage.py watch`: follows the feed in a terminal, one line an event, until Ctrl-C."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from realtime import log
from realtime.protocol import Cursor, Subscription
from task.events import FEED
from task.terminal.command import CANNOT, NO_SERVICE, TerminalCommand, add_json, job_of, nobody_reads, whole
from task.terminal.follow import INTERRUPTIONS, Following, Renderer
from task.terminal.lines import EventLines, JsonLines
from task.terminal.screen import EventScreen, is_screen

RESET_REASONS = {
    "ahead": "The log ends at offset {0.head}: ask for --after {0.head} or less.",
    "trimmed": "The log begins after offset {0.floor}: ask for --after {0.floor} or more, or for 0 to see all of it.",
}


class Command(TerminalCommand):
    help = "Follow the events of the feed, live; --after 0 shows all that the log holds."
    exit_codes = "0: you ended it with Ctrl-C, or nobody reads any more; 2: it cannot be followed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--after", metavar="OFFSET", help="begin after this offset (default: now)")
        parser.add_argument("--job", metavar="ID", help="only the events of this job")
        add_json(parser, "one event a line, as JSON")

    def handle(self, *args: Any, after: str | None, job: str | None, as_json: bool, **options: Any) -> None:
        key = None if job is None else str(job_of(job).pk)
        cursor = _start(None if after is None else whole(after, "--after"))
        if not settings.REDIS_URL:
            self.stderr.write(NO_SERVICE, str)
        follow = Following(self.pick_renderer(as_json)(self.stdout, self.stderr), cursor, key=key)
        try:
            follow.run()
        except INTERRUPTIONS:
            if self.stdout.isatty():
                only = f" --job {key}" if key else ""
                self.stderr.write(f"Go on from here: manage.py watch{only} --after {follow.cursor.offset}", str)
        except BrokenPipeError:
            nobody_reads()
        except log.CursorLost as error:
            raise CommandError(
                f"The feed was replaced or trimmed ({error.reason}). Start again.", returncode=CANNOT
            ) from error

    def pick_renderer(self, as_json: bool) -> type[Renderer]:
        if as_json:
            return JsonLines
        return EventScreen if is_screen(self.stdout) else EventLines


def _start(after: int | None) -> Cursor:
    if after is not None and after < 0:
        raise CommandError("--after is an offset: 0 shows all that the log holds.", returncode=CANNOT)
    position = log.head(FEED)
    cursor, reason = Subscription(after, position.epoch if after else None).start(position)
    if reason:
        raise CommandError(RESET_REASONS[reason].format(position), returncode=CANNOT)
    return cursor
