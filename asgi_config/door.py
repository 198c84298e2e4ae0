"""What every request passes before anything else reads it."""

from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope


def without_client_root_path(app: ASGI3Application) -> ASGI3Application:
    """Daphne takes `root_path` from a header that any client may send; Django then answers 500.

    A real prefix belongs into FORCE_SCRIPT_NAME, which no client can set.
    """

    async def door(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] in ("http", "websocket"):
            scope = {**scope, "root_path": ""}  # type: ignore[assignment]
        await app(scope, receive, send)

    return door
