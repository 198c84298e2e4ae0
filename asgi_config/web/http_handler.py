"""Django's ASGI application, which frees each answer when it is sent."""

from asgiref.typing import ASGIReceiveCallable
from django.core.handlers.asgi import ASGIHandler


class HttpHandler(ASGIHandler):
    async def listen_for_disconnect(self, receive: ASGIReceiveCallable) -> None:  # type: ignore[override]
        """Returns when the client is gone or has its answer; Django does the same for both.

        Django's own raises an exception, which its task keeps. The traceback and `handle` then refer to each other. So
        each answer stayed in memory until a full garbage collection: 1.1 GB after 750 cut answers of 5 MB.
        """
        await receive()
