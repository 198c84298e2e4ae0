"""Users that no job made or removed: the admin, the shell, a sign-up. They appear on the feed like all others.

Exact inside a transaction. In autocommit `post_save` runs after the commit, so a crash just then may lose the event; a
failing append never breaks the save.
"""

import logging
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.signals import post_save, pre_delete
from django.dispatch import receiver

from realtime.log import append
from task import events
from task.models import Account

logger = logging.getLogger(__name__)


@receiver(post_save, sender=settings.AUTH_USER_MODEL)
def tell_created(instance: Any, created: bool, **kwargs: Any) -> None:
    if created:
        tail = events.user_tail(instance.get_username(), instance.email)
        joined_at = events.wire_time(instance.date_joined)
        _tell(events.user_created(user_id=instance.pk, tail=tail, joined_at=joined_at), key="")


@receiver(pre_delete, sender=settings.AUTH_USER_MODEL)
def tell_removed(instance: Any, **kwargs: Any) -> None:
    """Before, not after, as the account, which knows the job, goes first; both are in one transaction."""
    job_id = Account.objects.filter(user=instance.pk).values_list("job", flat=True).first()
    event = events.user_removed(user_id=instance.pk, username=instance.get_username(), job_id=job_id)
    _tell(event, key=str(job_id or ""))


def _tell(event: str, *, key: str) -> None:
    try:
        with transaction.atomic():
            append(events.FEED, [event], key=key)
    except Exception:
        logger.exception("A user is not on the feed; pages show it after a reload")
