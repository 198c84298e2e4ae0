"""Where a site puts a feed, and what a socket at any other address gets."""

from collections.abc import Sequence
from typing import Any

from channels.routing import URLRouter
from django.urls import path, re_path

from realtime import protocol
from realtime.endpoints.access import TokenLookup
from realtime.endpoints.socket import FeedConsumer
from realtime.protocol import CloseCode


def feed_path(route: str, *, feed: str, permission: str, bearer: TokenLookup, key_parameter: str) -> Any:
    """The feed at `route`, for users with the permission; `?<key_parameter>=` keeps to one key.

    `bearer` finds the user of a program's token.
    """
    consumer: Any = FeedConsumer.as_asgi(feed=feed, permission=permission, bearer=bearer, key_parameter=key_parameter)
    return path(route, consumer)


def sockets(paths: Sequence[Any]) -> URLRouter:
    fallback: Any = _no_such_feed
    return URLRouter([*paths, re_path("", fallback)])


async def _no_such_feed(scope: Any, receive: Any, send: Any) -> None:
    """Accept and close with a code: URLRouter alone would answer HTTP 500 and log a traceback.

    A browser reads the code only where the answer names a subprotocol that it offered.
    """
    await receive()
    await send({"type": "websocket.accept", "subprotocol": protocol.answer_to(scope["subprotocols"])})
    await send({"type": "websocket.close", "code": int(CloseCode.BAD_REQUEST)})
