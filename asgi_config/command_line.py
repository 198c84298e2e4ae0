"""The command line of the site: `arrivals COMMAND` of an installed wheel, `python manage.py COMMAND` of a checkout."""

import errno
import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db.utils import DatabaseError, InterfaceError

from asgi_config.settings_module import give_up, use_own_settings
from asgi_config.var_dir import make_secret_key
from task.database.errors import describe

DEVICE_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def main() -> None:
    try:
        if sys.argv[1:2] == ["live"]:
            make_secret_key()
        use_own_settings()
        execute_from_command_line(sys.argv)
        sys.stdout.flush()
    except KeyboardInterrupt:  # while Django starts; a running command prints its own sentence
        sys.exit(130)
    except ImproperlyConfigured as error:
        explain(str(error))
    except (DatabaseError, InterfaceError) as error:
        explain(describe(error))
    except BrokenPipeError:
        discard_output()
    except OSError as error:
        if error.filename is not None or error.errno not in DEVICE_ERRORS:
            raise
        discard_output()
        explain(f"The output cannot be written: {error.strerror}. Write it to a place with room.")


def explain(sentence: str) -> None:
    """Ends with the sentence, or raises the current error if --traceback is given."""
    if "--traceback" in sys.argv:
        raise  # noqa: PLE0704
    give_up(sentence)


def discard_output() -> None:
    """Keeps the interpreter from writing the rest of stdout at exit, which would fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
