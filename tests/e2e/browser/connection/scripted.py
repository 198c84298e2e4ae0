"""Page states that a real service leaves too soon to check, made by a scripted server."""

import re

from tests.e2e.browser.connection.test_client_connection import Server
from tests.e2e.browser.visitor import Visitor

SOCKET = re.compile("/ws/users/")


async def is_catching_up(visitor: Visitor) -> Server:
    """Shows a page with 1,204 events to go, of which none arrives."""
    server = Server()
    server.script = lambda server, number: server.greet(ahead=1_204)
    await visitor.page.route_web_socket(SOCKET, server.accept)
    await visitor.page.goto("/users/")
    await visitor.sees_status(r"^Catching up \(1,204 events to go\)$")
    return server


async def is_not_live(visitor: Visitor, server: Server) -> None:
    await server.end(4504)
    await visitor.sees_status("^Not live: too many pages")
