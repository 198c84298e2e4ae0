"""A header of daphne's, which any client may send, on real connections."""

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Origin

from tests.browser import Browser
from tests.service import Service


@pytest.mark.parametrize("prefix", ["/elsewhere", "%2F", "https://example.com/"])
def test_a_client_cannot_move_the_root_of_a_page(running: Service, prefix: str) -> None:
    page = Browser().get(f"{running.address}/accounts/login/", **{"Daphne-Root-Path": prefix})
    assert page.status == 200
    assert "example.com" not in page.read().decode()


async def test_a_client_cannot_move_the_root_of_a_socket(running: Service) -> None:
    browser = Browser()
    browser.get(running.manage("link").stdout.strip())
    headers = {"Cookie": browser.cookie_header, "Daphne-Root-Path": "/elsewhere"}
    address = running.address.replace("http", "ws", 1) + "/ws/users/"
    async with connect(address, origin=Origin(running.address), additional_headers=headers, proxy=None) as socket:
        assert '"hello"' in str(await socket.recv())
