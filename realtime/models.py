"""The tables of a feed. Only realtime.log and realtime.outbox write them; only they and the admin read them."""

import uuid

from django.db import models
from django.db.models import F, Q


class FeedHead(models.Model):
    """One row a feed: `head` is the newest committed offset, and events up to `floor` are trimmed."""

    name = models.CharField(max_length=64, unique=True)
    epoch = models.UUIDField(default=uuid.uuid4)
    head = models.BigIntegerField(default=0)
    floor = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(floor__gte=0) & Q(floor__lte=F("head")), name="feed_floor_is_within_the_log"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Batch(models.Model):
    """Consecutive events that one transaction appended. Frames, the ring and the window count in batches."""

    feed = models.ForeignKey(FeedHead, on_delete=models.CASCADE)
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    key = models.CharField(max_length=64, blank=True, default="")
    payload = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "batches"
        constraints = [
            models.UniqueConstraint(fields=["feed", "last"], name="batch_ends_once"),
            models.CheckConstraint(condition=Q(first__lte=F("last")), name="batch_is_not_empty"),
        ]
        indexes = [models.Index(fields=["feed", "key", "last"], name="batch_by_key")]

    def __str__(self) -> str:
        return f"{self.first}..{self.last}"


class OutboxEntry(models.Model):
    """The events of one append that wait for the relay. `events`: a JSON list of their texts.

    `feed` is a name without a foreign key, because an insert with one would lock the feed's row.
    """

    feed = models.CharField(max_length=64)
    key = models.CharField(max_length=64, blank=True, default="")
    events = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "outbox entries"
        indexes = [models.Index(fields=["feed", "id"], name="outbox_in_order")]

    def __str__(self) -> str:
        return f"{self.pk} of {self.feed}"
