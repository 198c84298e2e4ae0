"""The connection limit in the API: long polls and exports count like sockets, until their answer is sent."""

from typing import Any

from realtime.endpoints.connection_limits import hold_connection_until_sent
from realtime.protocol import Disconnect
from task.api.errors import Problem

RETRY_SECONDS = 10


def count_connection(user: Any) -> None:
    """Counts a connection of the user until this asynchronous view's answer is sent. Raises Problem at the limit."""
    try:
        hold_connection_until_sent(user.pk)
    except Disconnect as error:
        raise Problem("too_many_connections", str(error), retry_after_seconds=RETRY_SECONDS) from error
