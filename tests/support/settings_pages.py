"""The shipped settings, but SQLite may not grow for new connections while VAR_DIR has a file `no-more-pages`."""

from typing import Any

from django.db.backends.signals import connection_created

from asgi_config.settings import *  # noqa: F403
from asgi_config.var_dir import VAR_DIR

NO_MORE_PAGES = "no-more-pages"


def limit_pages(connection: Any, **kwargs: Any) -> None:
    if (VAR_DIR / NO_MORE_PAGES).exists():
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA max_page_count = 1")  # SQLite raises it to the current number of pages


connection_created.connect(limit_pages)
