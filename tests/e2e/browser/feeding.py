"""Events that a scripted server sends to a page: accounts and jobs, in the order of their offsets."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from task.events import wire_time
from tests.e2e.browser.connection.test_client_connection import Server
from tests.support.waiting import wait_until_async

FRAME = 100


class Feeding:
    """Sends events from the page's cursor on, and numbers each job's accounts."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._offset = server.after
        self._users = 0
        self._made: dict[int, int] = {}

    def accounts(self, count: int, *, job: int = 7, total: int = 1_000, name: str = "user", seconds: float = 0) -> None:
        """Sends accounts that joined evenly over the last `seconds`."""
        now = datetime.now(UTC)
        made = self._made.get(job, 0)
        self._made[job] = made + count
        self._send(
            {"type": "user.created", "job": job, "number": made + one, "total": total}
            | {"user": self._user(f"{name}_{job}_{made + one}", now - timedelta(seconds=seconds * (1 - one / count)))}
            for one in range(1, count + 1)
        )

    def job(self, kind: str, number: int, *, total: int = 1_000, error: str = "") -> None:
        created = self._made.get(number, 0)
        event = {"type": f"job.{kind}", "job": number, "total": total, "created": created}
        self._send([event | {"error": error} if error else event])

    async def is_acknowledged(self) -> None:
        """Waits until the page has acknowledged every event."""
        await wait_until_async(lambda: self._server.told and self._server.told[-1]["offset"] == self._offset)

    def _user(self, username: str, joined_at: datetime) -> dict[str, Any]:
        self._users += 1
        return {
            "id": 1_000_000 + self._users,
            "username": username,
            "email": f"{username}@example.com",
            "date_joined": wire_time(joined_at),
        }

    def _send(self, events: Iterable[dict[str, Any]]) -> None:
        numbered = [event | {"offset": self._offset + one} for one, event in enumerate(events, 1)]
        self._offset += len(numbered)
        for start in range(0, len(numbered), FRAME):
            part = numbered[start : start + FRAME]
            self._server.send("events", first=part[0]["offset"], last=part[-1]["offset"], events=part)
