"""The shipped settings with a faulty channel layer of tests.support.layers, named by ARRIVALS_TESTS_LAYER."""

import os

from asgi_config.settings import *  # noqa: F403

CHANNEL_LAYERS["default"]["BACKEND"] = f"tests.support.layers.{os.environ['ARRIVALS_TESTS_LAYER']}"  # noqa: F405
