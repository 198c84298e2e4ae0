"""Housekeeping around accounts and feeds, called by beat."""

from celery import shared_task

from asgi_config.worker import cleanup


@shared_task
def tidy() -> None:
    cleanup.tidy()
