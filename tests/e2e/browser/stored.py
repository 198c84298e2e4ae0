"""Reads the service's database directly, without its code."""

import sqlite3
from contextlib import closing

from tests.support.services.service import Service


def rows(service: Service, query: str) -> list[str]:
    """Returns the first column."""
    with closing(sqlite3.connect(f"file:{service.var_dir / 'db.sqlite3'}?mode=ro", uri=True, timeout=20)) as database:
        return [str(row[0]) for row in database.execute(query)]


def usernames(service: Service) -> list[str]:
    """Returns all user names, newest first."""
    return rows(service, "SELECT username FROM auth_user ORDER BY id DESC")


def jobs(service: Service) -> int:
    return len(rows(service, "SELECT id FROM arrivals_job"))
