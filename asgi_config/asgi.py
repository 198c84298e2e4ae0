"""The ASGI application of a web process: HTTP to Django, WebSockets to the feed."""

import os

import django
from asgiref.typing import ASGI3Application, ASGIReceiveCallable, ASGISendCallable, Scope
from channels.routing import ProtocolTypeRouter
from django.core.exceptions import ImproperlyConfigured

from asgi_config.settings_module import give_up, use_own_settings
from asgi_config.web.http_handler import HttpHandler

os.environ.setdefault("DATABASE_POOL", "1")

try:
    use_own_settings()
    django.setup(set_prefix=False)
except ImproperlyConfigured as error:  # one sentence from daphne and uvicorn, too
    give_up(str(error))

# These modules import models, which need the apps that setup() loads.
from realtime.endpoints.routing import feed_path, socket_router
from task.tokens import token_user


def without_client_root_path(app: ASGI3Application) -> ASGI3Application:
    """Clears `root_path`, because daphne takes it from a header that any client may send. Django would answer 500.

    Set a real prefix with FORCE_SCRIPT_NAME, which clients cannot change.
    """

    async def with_empty_root_path(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope["type"] in ("http", "websocket"):
            scope = {**scope, "root_path": ""}  # type: ignore[assignment]
        await app(scope, receive, send)

    return with_empty_root_path


users = feed_path("ws/users/", feed="users", permission="auth.view_user", token_user=token_user, key_parameter="job")

application = without_client_root_path(ProtocolTypeRouter({"http": HttpHandler(), "websocket": socket_router([users])}))
