"""Daphne's root path header, which any client may send, on real connections."""

import pytest

from tests.support.clients.browser import Browser
from tests.support.clients.watcher import connect_to
from tests.support.services.service import Service


@pytest.mark.parametrize("prefix", ["/elsewhere", "%2F", "https://example.com/"])
def test_a_client_cannot_change_the_root_path_of_a_page(running: Service, prefix: str) -> None:
    page = Browser().get(f"{running.address}/accounts/login/", **{"Daphne-Root-Path": prefix})
    assert page.status == 200
    assert "example.com" not in page.read().decode()


async def test_a_client_cannot_change_the_root_path_of_a_socket(running: Service) -> None:
    browser = Browser()
    browser.use_link(running.link)
    forged = {"Daphne-Root-Path": "/elsewhere"}
    async with connect_to(f"{running.address}/ws/users/", browser.cookie_header, headers=forged) as socket:
        assert '"hello"' in str(await socket.recv())
