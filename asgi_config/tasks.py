"""The site's Celery task. Beat sends it every hour."""

from celery import shared_task

from asgi_config.worker import cleanup


@shared_task
def tidy() -> None:
    cleanup.clean_up()
