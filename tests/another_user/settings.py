"""The settings of the tests, with a custom user model."""

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.another_user.apps.AnotherUserConfig"]
AUTH_USER_MODEL = "another_user.Member"
DATABASES["default"]["TEST"] = {"NAME": None, **DATABASES["default"].get("TEST", {})}
DATABASES["default"]["TEST"]["NAME"] = DATABASES["default"]["TEST"]["NAME"] or "test_another_user"
