"""The shipped settings with a channel layer that fails: ARRIVALS_TESTS_LAYER names it, of tests.support.layers."""

import os

from asgi_config.settings import *  # noqa: F403

CHANNEL_LAYERS["default"]["BACKEND"] = f"tests.support.layers.{os.environ['ARRIVALS_TESTS_LAYER']}"  # noqa: F405
