"""Follows one job until its end: a bar on a terminal, lines in a pipe, or JSON."""

import sys
from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError, OutputWrapper

from realtime.log import CursorLost
from realtime.protocol import Cursor
from task.terminal.command import CANNOT, INTERRUPTED, REFUSED, nobody_reads
from task.terminal.follow import INTERRUPTIONS, Following, Renderer
from task.terminal.lines import JobLines, JsonLines
from task.terminal.progress import Making, Removing
from task.terminal.screen import JobScreen, is_screen
from task.terminal.text import accounts, printable


def follow_until_end(
    progress: Making | Removing, cursor: Cursor, *, out: OutputWrapper, err: OutputWrapper, as_json: bool
) -> None:
    """Returns when the job ended well, and else raises CommandError with the reason.

    Interrupted, it says what goes on without you, and ends the command with exit code 130. Follows from the cursor:
    read it BEFORE whatever begins, or an event is missed.
    """
    follow = Following(pick_renderer(as_json, out)(out, err, progress), cursor, key=str(progress.job))
    try:
        follow.run()
    except INTERRUPTIONS:
        err.write(progress.goes_on(follow.cursor.offset), str)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        nobody_reads()
        sys.exit(INTERRUPTED)
    except CursorLost as error:
        raise CommandError(
            f"The log was replaced or trimmed meanwhile ({error.reason}). {progress.goes_on(0)}", returncode=CANNOT
        ) from error
    if progress.end and not progress.ended_well:
        raise CommandError(_bad_end(progress.end), returncode=REFUSED)


def pick_renderer(as_json: bool, out: OutputWrapper) -> type[Renderer]:
    if as_json:
        return JsonLines
    return JobScreen if is_screen(out) else JobLines


def _bad_end(end: Mapping[str, Any]) -> str:
    job, far = end["job"], f"{end['created']} of {accounts(end['total'])}"
    if end["type"] == "job.cancelled":
        return f"Job {job} was cancelled at {far}."
    return f"Job {job} failed at {far}: {printable(end.get('error', ''))}"
