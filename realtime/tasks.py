"""The tasks of feeds, sent by beat: the trim of the log, and the relay where no web process has a watcher."""

import datetime

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from realtime import log, outbox


@shared_task
def relay_outbox() -> None:
    """Moves what waits in the outbox to the log. Web processes with watchers do it at once."""
    outbox.relay_all()


@shared_task
def trim_feeds() -> None:
    """Trims every feed to EVENTS_KEEP events and EVENTS_KEEP_DAYS days."""
    older_than = timezone.now() - datetime.timedelta(days=settings.EVENTS_KEEP_DAYS)
    for feed in log.feeds():
        log.trim(feed, keep=settings.EVENTS_KEEP, older_than=older_than)
