"""The hourly trim of the event log, sent by beat."""

import datetime

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from realtime import log


@shared_task
def trim_feeds() -> None:
    """Trims every feed to EVENTS_KEEP events and EVENTS_KEEP_DAYS days."""
    older_than = timezone.now() - datetime.timedelta(days=settings.EVENTS_KEEP_DAYS)
    for feed in log.feeds():
        log.trim(feed, keep=settings.EVENTS_KEEP, older_than=older_than)
