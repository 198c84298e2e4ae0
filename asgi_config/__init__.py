"""The site: realtime and task as one service, with its settings, URLs, system checks and commands."""

from asgi_config.celery import app as celery_app

__all__ = ["celery_app"]
