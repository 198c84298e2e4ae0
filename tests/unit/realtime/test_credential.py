"""The token or session with which a socket is opened: the one that is looked up, and none if it is empty."""

from typing import Any

import pytest
from django.conf import settings

from realtime.endpoints.access import credential

COOKIE = settings.SESSION_COOKIE_NAME.encode()
OFFERED = ["arrivals.v1", "arrivals.bearer.offered"]


def scope(*headers: tuple[bytes, bytes], subprotocols: list[str] | None = None) -> Any:
    return {"headers": headers, "subprotocols": subprotocols or ["arrivals.v1"]}


@pytest.mark.parametrize(
    ("opened_with", "found"),
    [
        (scope(), None),
        (scope((b"cookie", COOKIE + b"=; other=1")), None),
        (scope((b"authorization", b"Bearer ")), None),
        (scope((b"cookie", b"other=1; " + COOKIE + b"=of-ada")), "of-ada"),
        (scope((b"cookie", COOKIE + b"=of-ada"), subprotocols=OFFERED), "offered"),
        (scope((b"authorization", b"Bearer given"), subprotocols=OFFERED), "given"),
    ],
)
def test_a_socket_is_counted_by_what_is_looked_up(opened_with: Any, found: str | None) -> None:
    assert credential(opened_with) == found
