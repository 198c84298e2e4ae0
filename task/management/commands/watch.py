"""`manage.py watch`: follows the feed in a terminal, one line per event, until Ctrl-C."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from realtime import outbox
from realtime.log import CursorLost
from realtime.protocol import Cursor, Subscription
from task.events import FEED
from task.terminal.command import (
    CANNOT,
    NO_SERVICE,
    TerminalCommand,
    add_json_option,
    discard_stdout,
    find_job,
    optional_whole_number,
)
from task.terminal.command_line import command_line
from task.terminal.follow import INTERRUPTIONS, Follower, pick_renderer
from task.terminal.lines import EventLines

RESET_REASONS = {
    "ahead": "The log ends at offset {0.head}: use --after {0.head} or less.",
    "trimmed": "The log begins after offset {0.floor}: use --after {0.floor} or more, or 0 for all of it.",
}


class Command(TerminalCommand):
    help = "Show the events of accounts and jobs as they happen. --after 0 starts with the oldest event in the log."
    exit_codes = "0: ended by Ctrl-C, or by a closed pipe; 2: the feed cannot be followed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--after", metavar="OFFSET", help="start after this offset (default: now)")
        parser.add_argument("--job", metavar="ID", help="only the events of this job")
        add_json_option(parser, "one event per line, as JSON")

    def handle(self, *args: Any, after: str | None, job: str | None, as_json: bool, **options: Any) -> None:
        key = None if job is None else str(find_job(job).pk)
        cursor = _start(optional_whole_number(after, "--after"))
        if not settings.REDIS_URL:
            self.stderr.write(NO_SERVICE, str)
        renderer = pick_renderer(self.stdout, as_json=as_json, screen="EventScreen", lines=EventLines)
        follower = Follower(renderer(self.stdout, self.stderr), cursor, key=key)
        try:
            follower.run()
        except INTERRUPTIONS:
            if self.stdout.isatty():
                only = ["--job", key] if key else []
                again = command_line("watch", *only, "--after", follower.cursor.offset)
                self.stderr.write(f"Continue here: {again}", str)
        except BrokenPipeError:
            discard_stdout()
        except CursorLost as error:
            raise CommandError(
                f"The log was replaced or trimmed ({error.reason}). Start the command again.", returncode=CANNOT
            ) from error


def _start(after: int | None) -> Cursor:
    if after is not None and after < 0:
        raise CommandError("--after must be an offset: 0 shows the whole log.", returncode=CANNOT)
    position = outbox.head(FEED)
    cursor, reason = Subscription(after, position.epoch if after else None).start(position)
    if reason:
        raise CommandError(RESET_REASONS[reason].format(position), returncode=CANNOT)
    return cursor
