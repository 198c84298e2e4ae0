"""The final check of a run: each job has its accounts, every watcher saw each once and in order, and nothing leaked."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tests.chaos.checks import leaks
from tests.chaos.checks.poller import Poller
from tests.chaos.form import either
from tests.support.clients.watcher import Watcher
from tests.support.waiting import wait_until_async

if TYPE_CHECKING:
    from tests.chaos.faults.run import Run

# A process that does not start is tried again after at most 10 s, and a dead connection is detected after 35. The
# messages of a killed worker are delivered again after 120 s. The long form waits for that, and allows for a second
# killed worker.
QUIET_SECONDS = either(short=400, long=900)

VERIFY = "from django.core.management import call_command; [call_command('verify', job) for job in '{}'.split()]"


async def check(run: "Run", watchers: Sequence[Watcher | Poller]) -> None:
    log = await asyncio.to_thread(run.truth.log, run.start)
    assert [event["offset"] for event in log] == list(range(run.start + 1, run.start + len(log) + 1))
    for watcher in watchers:
        assert not watcher.resets, watcher.resets
        assert watcher.events == log, difference(watcher.events, log)
        assert isinstance(watcher, Poller) or not watcher.repeated
    await asyncio.to_thread(_check_jobs, run, log)


def _check_jobs(run: "Run", log: Sequence[Mapping[str, object]]) -> None:
    jobs, expected = run.truth.jobs(), _expected(run)
    assert {pk: (jobs[pk].state, jobs[pk].created) for pk in expected} == expected
    for pk, (state, created) in expected.items():
        numbers = [event["number"] for event in log if event["type"] == "user.created" and event["job"] == pk]
        assert numbers == list(range(1, created + 1)), f"job {pk}: {len(numbers)} accounts on the feed"
        assert run.truth.numbers(pk) == ([] if state == "removed" else numbers)
    verified = run.service.manage("shell", "-c", VERIFY.format(" ".join(map(str, expected)))).stdout
    assert verified.count("each once, in order") == len(expected), verified


def _expected(run: "Run") -> dict[int, tuple[str, int]]:
    """Returns the expected state and number of accounts of each job of the run."""
    jobs = run.truth.jobs()
    return (
        {pk: ("finished", jobs[pk].total) for pk in run.finishing}
        | {pk: ("cancelled", created) for pk, created in run.cancelled.items()}
        | {pk: ("removed", jobs[pk].total) for pk in run.undone}
    )


def difference(seen: Sequence[Mapping[str, object]], log: Sequence[Mapping[str, object]]) -> str:
    """Returns one line with the first difference, because two long lists are no help."""
    index = next((at for at, pair in enumerate(zip(seen, log, strict=False)) if pair[0] != pair[1]), None)
    if index is None:
        return f"{len(seen)} events seen, {len(log)} in the log"
    return f"at {index} of {len(log)}: seen {seen[index]}, in the log {log[index]}"


async def check_that_nothing_leaked(run: "Run", webs: Mapping[str, int]) -> None:
    """Waits until nothing is left over: killed processes restart after a while, and cut sockets end later."""
    found: list[str] = []

    def is_clean() -> bool:
        found[:] = left_over(run, webs)
        return not found

    try:
        await wait_until_async(lambda: asyncio.to_thread(is_clean), QUIET_SECONDS, pause=0.5)
    except AssertionError:
        raise AssertionError(f"Left over: {found}") from None


def left_over(run: "Run", webs: Mapping[str, int]) -> list[str]:
    found = leaks.grown(run.before, leaks.held_by(run.service, run.truth, webs.values()))
    for address in webs:
        if count := leaks.connections_to(address):
            found.append(f"{count} connections to {address}")
    found += [f"an open transaction: {one}" for one in run.truth.open_transactions()]
    found += [f"a key in Redis: {name}" for name in leaks.unexpected_keys(run.service.redis_url)]
    return found
