"""Commands for another terminal, which may have another shell and folder, and none of this one's variables."""

import shlex
import sys
from pathlib import Path

from asgi_config import environment
from asgi_config.installation import IS_CHECKOUT, ROOT
from asgi_config.var_dir import VAR_DIR

SECRETS = ("DATABASE_URL", "DATABASE_URL_FILE", "SECRET_KEY", "SECRET_KEY_FILE")


def command(*words: str) -> str:
    """Returns a command of this installation with the same VAR_DIR, quoted for sh, bash, zsh and fish."""
    program = [sys.executable, str(ROOT / "manage.py")] if IS_CHECKOUT else [str(Path(sys.argv[0]).absolute())]
    where = ["env", f"VAR_DIR={VAR_DIR}"] if environment.text("VAR_DIR", "") else []
    return shlex.join([*where, *program, *words])


def needed_secrets() -> list[str]:
    """Returns the variables that the command needs too. It does not show them, because terminals keep their output."""
    return [name for name in SECRETS if environment.text(name, "")]
