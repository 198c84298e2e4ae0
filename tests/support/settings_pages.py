"""The shipped settings; while VAR_DIR holds a file of that name, new connections to SQLite may add no page to it."""

from typing import Any

from django.db.backends.signals import connection_created

from asgi_config.settings import *  # noqa: F403
from asgi_config.var_dir import VAR_DIR

NO_MORE_PAGES = "no-more-pages"


def limit_pages(connection: Any, **kwargs: Any) -> None:
    if (VAR_DIR / NO_MORE_PAGES).exists():
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA max_page_count = 1")  # SQLite takes what there is


connection_created.connect(limit_pages)
