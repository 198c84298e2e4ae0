"""One run: concurrent jobs, watchers of every kind, a cancel and an undo, while the fault under test strikes.

    async with Run(service, strikes, database_url=url) as run:
        await run.strike(kill_a_child, times=4)

At the end of the block it waits until all work is done and checks the promise (tests.chaos.checks.promise).
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from http.client import HTTPException
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from tests.chaos.checks import leaks, promise, tracebacks
from tests.chaos.checks.poller import Poller
from tests.chaos.checks.truth import Truth
from tests.chaos.faults.hits import Strikes
from tests.chaos.form import SEED, either
from tests.support.answer import Answer
from tests.support.clients.watcher import Watcher
from tests.support.services.program import Program
from tests.support.services.service import Service
from tests.support.waiting import wait_until_async

TOTAL = 5_000  # when all work is done another job is requested, so more strikes mean more jobs
UNDONE = 3_000
CANCELLED = 100_000
SMALL = 50
CUT_EVERY_SECONDS = 0.3
DEADLINE = either(short=400, long=900)  # seconds for each wait

Fault = Callable[[], Awaitable[bool | None] | bool | None]


class Run:
    """A run against a service.

    `webs` returns address and pid of each web process, if there are more than the service's own. `raises` names the
    exceptions whose tracebacks the log may show. Watchers leave only when `is_all_delivered` returns True: every
    event on its way has arrived.
    """

    def __init__(
        self,
        service: Service,
        strikes: Strikes,
        *,
        database_url: str | None = None,
        webs: Callable[[], dict[str, int]] | None = None,
        raises: Collection[str] = (),
        is_all_delivered: Callable[[], bool] = lambda: True,
        total: int = TOTAL,
    ) -> None:
        self.service = service
        self.truth = Truth(service.var_dir, database_url)
        self.total = total
        self.finishing: list[int] = []
        self.cancelled: dict[int, int] = {}
        self.undone: list[int] = []
        self.to_cancel = 0
        self._raises = raises
        self._log_start = len(service.stderr)
        self._strikes = strikes
        self._is_all_delivered = is_all_delivered
        self._webs = webs or (lambda: {service.address: service.pids().web or 0})
        self._following: list[asyncio.Task[None]] = []

    # What a test uses

    async def strike(self, fault: Fault, *, times: int = 1, name: str | None = None) -> None:
        """Calls `fault` until it has hit `times` times, each time after more progress. It returns False for a miss.

        At the first strike a job is being undone, and another is cancelled in the same moment.
        """
        hits = 0
        while hits < times:
            await self.wait_for_progress()
            cancelling = asyncio.create_task(self.cancel_one())
            answer = await asyncio.to_thread(fault)
            has_hit = (await answer if inspect.isawaitable(answer) else answer) is not False
            await cancelling
            if has_hit:
                hits += 1
                self._strikes.hit(name)

    async def wait_for_progress(self) -> None:
        """Waits until more work is committed. Requests another job when all work is done."""
        before = await asyncio.to_thread(self.truth.work_so_far)

        async def has_moved() -> bool:
            if not await asyncio.to_thread(self.truth.jobs_at_work):
                self.finishing.append(await self.ask(self.total))
            return await asyncio.to_thread(self.truth.work_so_far) > before

        await wait_until_async(has_moved, DEADLINE)

    async def cancel_one(self) -> None:
        """Cancels the job made for it, once in a run. If that job has finished, makes another."""
        if self.cancelled:
            return
        answer = await self.post(f"/api/jobs/{self.to_cancel}/cancel")
        while answer.get("state") != "cancelled":
            self.finishing.append(self.to_cancel)
            self.to_cancel = await self.ask(CANCELLED)
            answer = await self.post(f"/api/jobs/{self.to_cancel}/cancel")
        self.cancelled[self.to_cancel] = answer["created"]

    async def undo(self, job: int) -> None:
        """Undoes a finished job of the run."""
        self.finishing.remove(job)
        self.undone.append(job)
        await self.post(f"/api/jobs/{job}/remove")

    async def ask(self, total: int, **options: Any) -> int:
        asked = {"total": total, "request_id": str(uuid4()), "options": options}
        return int((await self.post("/api/jobs", asked))["id"])

    async def post(self, path: str, body: object = None) -> Any:
        """Repeats the request until it is answered, because each of these requests is idempotent."""

        async def answered() -> Answer | None:
            with suppress(OSError, HTTPException):
                answer = await asyncio.to_thread(self.program.post, path, body or {})
                assert answer.status in {202, 409, 503}, answer.text
                return answer if answer.status in {202, 409} else None
            return None

        answer = await wait_until_async(answered, DEADLINE, pause=0.2)
        assert answer
        return answer.json

    # Beginning and end

    async def __aenter__(self) -> Self:
        self.program = await asyncio.to_thread(Program, self.service)
        self.epoch, self.start = await asyncio.to_thread(self.truth.cursor)
        self.undone = [await self.ask(UNDONE)]
        await self.until_idle()
        self.before = await asyncio.to_thread(leaks.held_by, self.service, self.truth, self._webs().values())
        self.watch()
        try:
            self.finishing = [await self.ask(self.total), await self.ask(self.total)]
            self.to_cancel = await self.ask(CANCELLED)
            await self.post(f"/api/jobs/{self.undone[0]}/remove")
        except BaseException:
            await self.stop_watching()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                async with asyncio.timeout(5 * DEADLINE):
                    await self.end()
            else:
                error.add_note(f"ARRIVALS_CHAOS_SEED={SEED}; {self.truth.jobs()}")
        finally:
            await self.stop_watching()

    def watch(self) -> None:
        """Starts a steady socket, one that is cut, and a long poll, spread over the web processes."""
        addresses = [*self._webs()]
        self.steady = self.watcher(addresses[0])
        self.cut = self.watcher(addresses[-1])
        self.poller = Poller(self.program, epoch=self.epoch, after=self.start)
        follow = [
            self.steady.follow(lambda _: False),
            self.cut.follow(lambda _: False, cut_every=CUT_EVERY_SECONDS),
            self.poller.follow(),
        ]
        self._following = [asyncio.create_task(one) for one in follow]

    def watcher(self, address: str | None = None) -> Watcher:
        address = address or self.service.address
        return Watcher(address, token=self.program.token, after=self.start, epoch=self.epoch)

    async def end(self) -> None:
        await self.cancel_one()
        await self.until_idle()
        await wait_until_async(self._is_all_delivered, DEADLINE)
        self.finishing.append(await self.ask(SMALL))
        await self.until_idle()
        await self.until_all_have_seen([self.steady, self.cut, self.poller])
        late = self.watcher()
        _, head = await asyncio.to_thread(self.truth.cursor)
        await late.follow(lambda seen: (seen.offset or 0) >= head)
        await wait_until_async(self._is_all_delivered, DEADLINE)
        await self.stop_watching()
        await promise.check(self, [self.steady, self.cut, self.poller, late])
        await promise.check_that_nothing_leaked(self, self._webs())
        raised = tracebacks.raised(self.service.stderr[self._log_start :])
        assert raised <= set(self._raises), raised

    async def until_idle(self) -> None:
        async def is_idle() -> bool:
            return not await asyncio.to_thread(self.truth.jobs_at_work)

        await wait_until_async(is_idle, DEADLINE, pause=0.2)

    async def until_all_have_seen(self, watchers: Sequence[Watcher | Poller]) -> None:
        _, head = await asyncio.to_thread(self.truth.cursor)
        await wait_until_async(lambda: all((one.offset or 0) >= head for one in watchers), DEADLINE)

    async def stop_watching(self) -> None:
        for task in self._following:
            task.cancel()
        ended = await asyncio.gather(*self._following, return_exceptions=True)
        self._following = []
        for error in ended:
            if error and not isinstance(error, asyncio.CancelledError):
                raise error
