"""The shipped settings with a channel layer that fails: ARRIVALS_TESTS_LAYER names it, of tests.layers."""

import os

from asgi_config.settings import *  # noqa: F403

CHANNEL_LAYERS["default"]["BACKEND"] = f"tests.layers.{os.environ['ARRIVALS_TESTS_LAYER']}"  # noqa: F405
