"""The Celery application: `celery -A asgi_config worker -l info`."""

import os
from importlib import import_module
from typing import Any

from celery import Celery
from django.core.exceptions import ImproperlyConfigured
from kombu.transport import TRANSPORT_ALIASES

from asgi_config.settings_module import OWN, give_up, use_own_settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", OWN)

# By scheme, because CELERY_BROKER_TRANSPORT would appear in place of the scheme wherever kombu shows the URL.
TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), "asgi_config.worker.transport:Transport"))

app = Celery("arrivals", loader="app")  # named, or CELERY_LOADER of another project would decide
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.on_configure.connect
def load_settings(**kwargs: Any) -> None:
    """Ends a command of Celery with one sentence. Elsewhere the settings are loaded before, so nothing happens."""
    try:
        import_module(use_own_settings())
    except ImproperlyConfigured as error:
        give_up(str(error))
