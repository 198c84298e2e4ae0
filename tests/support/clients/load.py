"""Clients that use the service while parts of it restart. Each counts its responses and disconnects."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener
from uuid import uuid4

from prometheus_client.parser import text_string_to_metric_families
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidStatus, WebSocketException

from tests.chaos.checks.visitor import Visitor
from tests.support.clients.watcher import RETRY_SECONDS, Watcher
from tests.support.services.program import Program

PAUSE_SECONDS = 0.4
BOARD, TAKEN = 'id="board"', "We are generating your random users!"


class CountingWatcher(Watcher):
    """Keeps only the offsets, and counts close codes (1006 is a cut) and the status codes of failed handshakes."""

    def __init__(self, address: str, token: str) -> None:
        super().__init__(address, token=token, after=0)
        self.codes: Counter[int | None] = Counter()
        self.refusals: Counter[int] = Counter()
        self._seen: list[int] = []

    @property
    def offsets(self) -> list[int]:
        return self._seen

    def handle(self, message: dict[str, Any]) -> None:
        super().handle(message)
        self._seen += [event["offset"] for event in self.events]
        self.events.clear()

    async def follow(self, until: Callable[[Watcher], bool], *, cut_every: float | None = None) -> None:
        while not until(self):
            try:
                async with self.connection() as socket:
                    await self._count(socket, until)
            except InvalidStatus as refused:
                self.refusals[refused.response.status_code] += 1
                await asyncio.sleep(RETRY_SECONDS)
            except (OSError, WebSocketException):
                await asyncio.sleep(RETRY_SECONDS)

    async def _count(self, socket: ClientConnection, until: Callable[[Watcher], bool]) -> None:
        try:
            await self.listen(socket, until)
        finally:
            if not until(self):
                self.codes[socket.close_code] += 1


def scraped(address: str, token: str) -> dict[str, float]:
    """Returns the metrics of one web process, by name, or by name and label value if there is a label."""
    request = Request(f"{address}/metrics", headers={"Authorization": f"Bearer {token}"})
    with build_opener(ProxyHandler({})).open(request, timeout=240) as answer:
        families = text_string_to_metric_families(answer.read().decode())
    samples = [sample for family in families for sample in family.samples]
    return {" ".join([sample.name, *sample.labels.values()]): sample.value for sample in samples}


class Users:
    """A reader of pages, a user of the form, a program that requests jobs, and one that polls, until `stop`.

    A 200 response with a wrong page counts as status 0.
    """

    def __init__(self, program: Program, visitor: Visitor) -> None:
        self._program = program
        self._visitor = visitor
        self._stopped = asyncio.Event()
        self.pages: Counter[int] = Counter()
        self.forms: Counter[int] = Counter()
        self.posts: Counter[int] = Counter()
        self.polls: Counter[int] = Counter()
        self.polled: list[int] = []
        self.asked = 0

    async def run(self, *, total: int) -> None:
        await asyncio.gather(self._read_pages(), self._fill_in_forms(total), self._ask_for_jobs(total), self._poll())

    def stop(self) -> None:
        self._stopped.set()

    async def ask_for_job(self, total: int) -> int:
        body = {"total": total, "request_id": str(uuid4())}
        answer = await asyncio.to_thread(self._program.post, "/api/jobs", body)
        self.posts[answer.status] += 1
        self.asked += total if answer.status == 202 else 0
        return answer.status

    async def _read_pages(self) -> None:
        while not self._stopped.is_set():
            for path in ("/accounts/login/", "/api/users"):
                self.pages[(await asyncio.to_thread(self._program.get, path)).status] += 1
            await asyncio.sleep(PAUSE_SECONDS)

    async def _fill_in_forms(self, total: int) -> None:
        """Opens the list of users, which needs a sign-in, and then submits the form."""
        while not self._stopped.is_set():
            status, page = await asyncio.to_thread(self._visitor.page, "/users/")
            self.pages[status if BOARD in page else 0] += 1
            status, page = await asyncio.to_thread(self._visitor.generate, total)
            self.forms[status if TAKEN in page else 0] += 1
            self.asked += total if TAKEN in page else 0
            await asyncio.sleep(PAUSE_SECONDS)

    async def _ask_for_jobs(self, total: int) -> None:
        while not self._stopped.is_set():
            await self.ask_for_job(total)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _poll(self) -> None:
        position: dict[str, Any] = {"after": 0}
        while not self._stopped.is_set():
            asked = urlencode(position | {"limit": 100, "wait": 5})
            answer = await asyncio.to_thread(self._program.get, f"/api/events?{asked}")
            self.polls[answer.status] += 1
            if answer.status == 200:
                self.polled += [event["offset"] for event in answer.json["events"]]
                position = {"after": answer.json["last"], "epoch": answer.json["epoch"]}
            await asyncio.sleep(PAUSE_SECONDS)
