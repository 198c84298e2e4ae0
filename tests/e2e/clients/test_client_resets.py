"""The clients of docs/clients after a new epoch: they reload the users, even over a cut, and follow from there."""

import asyncio
from pathlib import Path

import pytest

from tests.e2e.clients.test_clients import SECONDS, begin_at_head, feed, folder, grow, program, service
from tests.support.clients.client_programs import COMMANDS, Running
from tests.support.services.program import Program
from tests.support.services.proxy import Proxy
from tests.support.services.service import Service
from tests.support.waiting import wait_until_async

__all__ = ["folder", "program", "service"]

PAGES = 3
# A page of 100 users takes 20,000 bytes. Node requests the second on the same connection, the others on a new one.
IN_THE_SECOND_PAGE = [30_000, 30_000, 2_000]


def all_users(program: Program) -> dict[int, str]:
    found: dict[int, str] = {}
    path = "/api/users?limit=100"
    while path:
        page = program.get(path).json
        found |= {user["id"]: user["username"] for user in page["items"]}
        path = page["next"]
    return found


@pytest.fixture(scope="module")
def pages(program: Program) -> None:
    """Makes users for more than one page, but no thousands, which would only take longer."""
    grow(program, 100 * PAGES)


@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize("name", COMMANDS)
async def test_a_client_with_a_cursor_of_an_old_epoch_reloads_the_users(
    name: str, service: Service, program: Program, folder: Path
) -> None:
    """A reload that is cut starts again, and its first part is discarded."""
    await asyncio.to_thread(begin_at_head, name, program, folder)
    await asyncio.to_thread(service.manage, "new_epoch", "--yes")
    start = await asyncio.to_thread(feed, program)
    async with Proxy(service.port, overhears=True) as proxy:
        proxy.cut_after = list(IN_THE_SECOND_PAGE)
        with Running(name, proxy.address, folder) as client:
            await wait_until_async(lambda: start["epoch"] in (folder / "cursor").read_text(), SECONDS)
            head = await asyncio.to_thread(grow, program, 50)
            await wait_until_async(lambda: client.offsets[-1:] == [head], SECONDS)
        assert [line["type"] for line in client.lines].count("snapshot") == 2
        assert client.offsets == list(range(start["head"] + 1, head + 1))
        assert client.users == await asyncio.to_thread(all_users, program)
        assert "epoch" in client.complaints
        assert "Traceback" not in client.complaints
