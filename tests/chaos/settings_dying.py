"""The shipped settings, but a process kills itself at the point that a test has named (tests.chaos.dying)."""

from asgi_config.settings import *  # noqa: F403
from asgi_config.var_dir import VAR_DIR
from tests.chaos import dying

CHANNEL_LAYERS["default"]["BACKEND"] = "tests.chaos.dying_layer.DyingLayer"  # noqa: F405
dying.install(VAR_DIR)
