"""The ASGI door of a web process: pages to Django, sockets to the feed."""

import os

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "asgi_config.settings")
os.environ.setdefault("DATABASE_POOL", "1")

pages = get_asgi_application()

from asgi_config.door import without_client_root_path  # noqa: E402
from realtime.endpoints.routing import feed_path, socket_router  # noqa: E402
from task.tokens import token_user  # noqa: E402

users = feed_path("ws/users/", feed="users", permission="auth.view_user", token_user=token_user, key_parameter="job")

application = without_client_root_path(ProtocolTypeRouter({"http": pages, "websocket": socket_router([users])}))
