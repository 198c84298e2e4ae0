"""Hourly cleanup: deletes expired sessions, old sign-in links and attempts, and old rows of jobs."""

import datetime

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from asgi_config.models import SignInLink
from task.jobs import cleanup

LINKS_ARE_KEPT = datetime.timedelta(days=1)


def clean_up() -> None:
    now = timezone.now()
    cleanup.delete_in_batches(Session.objects.filter(expire_date__lt=now))
    cleanup.delete_in_batches(SignInLink.objects.filter(expires_at__lt=now - LINKS_ARE_KEPT))
    cleanup.delete_in_batches(AccessAttempt.objects.filter(attempt_time__lt=now - settings.AXES_COOLOFF_TIME))
    cleanup.clean_up(now)
