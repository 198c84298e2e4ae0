"""Routes sockets to feeds by path, and closes sockets at any other path."""

from collections.abc import Sequence
from typing import Any

from channels.routing import URLRouter
from django.urls import path, re_path

from realtime import protocol
from realtime.endpoints.access import TokenLookup
from realtime.endpoints.socket import FeedConsumer
from realtime.protocol import CloseCode


def feed_path(route: str, *, feed: str, permission: str, token_user: TokenLookup, key_parameter: str) -> Any:
    """Returns the URL pattern of a feed for users with the permission.

    `?<key_parameter>=` filters by key. `token_user` finds the user of a program's token.
    """
    consumer: Any = FeedConsumer.as_asgi(
        feed=feed, permission=permission, token_user=token_user, key_parameter=key_parameter
    )
    return path(route, consumer)


def socket_router(paths: Sequence[Any]) -> URLRouter:
    """Returns the ASGI application for all sockets of a site."""
    fallback: Any = _close_unknown_path
    return URLRouter([*paths, re_path("", fallback)])


async def _close_unknown_path(scope: Any, receive: Any, send: Any) -> None:
    """Accepts and closes with a code, because URLRouter alone would answer HTTP 500 and log a traceback.

    Names the subprotocol, because otherwise a browser does not pass the code on to its page.
    """
    await receive()
    await send({"type": "websocket.accept", "subprotocol": protocol.answer_to(scope["subprotocols"])})
    reason = "No feed has this address: check its path."
    await send({"type": "websocket.close", "code": int(CloseCode.BAD_REQUEST), "reason": reason})
