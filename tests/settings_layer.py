"""The shipped settings, but every message of the channel layer is lost."""

from asgi_config.settings import *  # noqa: F403

CHANNEL_LAYERS["default"]["BACKEND"] = "tests.layers.LosingLayer"  # noqa: F405
