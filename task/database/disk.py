"""Free space on the disk of SQLite's file, or of any folder."""

import shutil
from pathlib import Path
from typing import Any

from django.db import connection

LEAST_FREE_BYTES = 16 << 20  # a step of 2,500 accounts writes 11 MB


def shortage(folder: Path, *, owner: object) -> str:
    """Returns a phrase with the owner's name if the folder's disk is nearly full, else an empty text."""
    total, _, free = shutil.disk_usage(folder)
    is_short = total > 0 and free < LEAST_FREE_BYTES  # some file systems count no space: all their numbers are 0
    return f"the disk of {owner} has only {free >> 20} MB free" if is_short else ""


def shortage_of_database() -> str:
    """The same for SQLite's file. Empty for PostgreSQL, whose disk is on its own host."""
    name: Any = connection.settings_dict["NAME"]
    folder = Path(name).absolute().parent
    return shortage(folder, owner="the database") if connection.vendor == "sqlite" and folder.is_dir() else ""
