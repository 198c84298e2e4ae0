"""Puts realtime and task together: settings, doors (ASGI, Celery, URLs), system checks and the commands around them."""

from asgi_config.celery import app as celery_app

__all__ = ["celery_app"]
