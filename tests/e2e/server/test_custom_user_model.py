"""A custom user model, with e-mail login, a UUID key and an extra field. Its tests run in a separate process."""

import os
import subprocess
import sys

from tests.support.services.service import ROOT, clean_environment

NOT_INHERITED = {"ARRIVALS_TESTS_OF", "VAR_DIR", "PYTEST_XDIST_WORKER", "PYTEST_CURRENT_TEST", "PYTEST_ADDOPTS"}


def environment() -> dict[str, str]:
    """For a separate test run on the same database server."""
    kept = {name: value for name, value in clean_environment().items() if name not in NOT_INHERITED}
    return kept | {name: os.environ[name] for name in ("DATABASE_URL",) if name in os.environ}


def test_a_custom_user_model_works_like_djangos_own() -> None:
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
