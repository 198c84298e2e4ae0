"""Commands to copy. They begin as this process's own did, because `python` may be missing, or lack our packages."""

import shlex
import sys


def command_line(*words: object) -> str:
    """Returns the words as arguments of this process's manage.py, quoted for sh, bash, zsh and fish."""
    start = sys.orig_argv[: len(sys.orig_argv) - len(sys.argv) + 1]
    return shlex.join([*start, *map(str, words)])
