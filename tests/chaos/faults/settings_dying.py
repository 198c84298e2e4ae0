"""The shipped settings, but a process kills itself at the point that a test has named (tests.chaos.faults.dying)."""

from asgi_config.settings import *  # noqa: F403
from asgi_config.var_dir import VAR_DIR
from tests.chaos.faults import dying

CHANNEL_LAYERS["default"]["BACKEND"] = "tests.chaos.faults.dying_layer.DyingLayer"  # noqa: F405
dying.install(VAR_DIR)
