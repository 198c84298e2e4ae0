"""The Celery application: `celery -A asgi_config worker -l info`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "asgi_config.settings")

app = Celery("arrivals")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
