"""A start on a full disk: one sentence that says so."""

import errno

import pytest
from django.core.exceptions import ImproperlyConfigured

from asgi_config.live.process import CouldNotStart
from asgi_config.live.run import Live
from asgi_config.var_dir import write_errors_explained
from task.database import disk


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (errno.ENOSPC, "make room on its disk."),
        (errno.EDQUOT, "make room on its disk."),
        (errno.EACCES, "set VAR_DIR to a folder of yours."),
    ],
)
def test_a_file_that_cannot_be_written_has_the_remedy_that_fits(code: int, remedy: str) -> None:
    sentence = rf"^/srv/live.lock cannot be written \(.+\): {remedy}$"
    with pytest.raises(ImproperlyConfigured, match=sentence), write_errors_explained():
        raise OSError(code, "some reason", "/srv/live.lock")


def test_live_refuses_to_start_on_a_disk_that_is_nearly_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "LEAST_FREE_BYTES", 1 << 62)
    with pytest.raises(CouldNotStart, match=r"^Arrivals cannot start: the disk of .+ has only \d+ MB free"):
        Live(host="127.0.0.1", port=1, pool=1, write=print, warn=print, is_terminal=False).run()
