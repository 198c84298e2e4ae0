"""A user model with an e-mail address as its login name, a UUID key and a field of its own, in a process of its own."""

import os
import subprocess
import sys

from tests.support.service import ROOT, clean_environment

OURS = {"ARRIVALS_TESTS_OF", "VAR_DIR", "PYTEST_XDIST_WORKER", "PYTEST_CURRENT_TEST", "PYTEST_ADDOPTS"}


def environment() -> dict[str, str]:
    """Of a test run of its own, on the same database server."""
    kept = {name: value for name, value in clean_environment().items() if name not in OURS}
    return kept | {name: os.environ[name] for name in ("DATABASE_URL",) if name in os.environ}


def test_another_user_model_is_served_like_djangos_own() -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--ds=tests.another_user.settings",
        "tests/another_user/stories.py",
    ]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
