"""Housekeeping around accounts and feeds, called by beat."""

from celery import shared_task

from asgi_config import housekeeping


@shared_task
def tidy() -> None:
    housekeeping.tidy()
