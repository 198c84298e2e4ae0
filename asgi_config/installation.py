"""Where this installation keeps its files: a checkout at its top, a wheel inside its packages and the user's folder."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IS_CHECKOUT = (ROOT / "manage.py").is_file()
TEMPLATES = [ROOT / "templates"] if IS_CHECKOUT else []  # Django finds those of installed packages by itself
STATIC = [ROOT / "static"] if IS_CHECKOUT else []
STATIC_SOURCES = STATIC or [ROOT / "realtime" / "static", ROOT / "task" / "static"]


def default_var_dir() -> Path:
    """Returns `var` in a checkout, else a folder of this user, because packages may be read-only and are replaced."""
    if IS_CHECKOUT:
        return ROOT / "var"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "arrivals"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "arrivals"
