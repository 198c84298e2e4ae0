"""Jobs, the accounts they made, and the hands that work on them. Only task.generation changes a job or a hand."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Job(models.Model):
    """One request for `total` accounts: the only state of the work, and its record afterwards."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        FINISHED = "finished"
        FAILED = "failed"

    ACTIVE = (State.QUEUED, State.RUNNING)

    request_id = models.UUIDField(unique=True, default=uuid.uuid4)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    total = models.PositiveIntegerField()
    created = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    nonce = models.BinaryField(max_length=32)
    key_fingerprint = models.CharField(max_length=16)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    stepped_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(created__gte=0) & Q(created__lte=F("total")), name="job_never_makes_more_than_total"
            ),
            models.CheckConstraint(
                condition=~Q(state="finished") | Q(created=F("total")), name="job_finishes_only_when_complete"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["queued", "running"]) | Q(created__lt=F("total")),
                name="job_that_is_complete_is_not_active",
            ),
        ]
        indexes = [models.Index(fields=["state"], condition=Q(state__in=["queued", "running"]), name="job_active")]

    def __str__(self) -> str:
        return f"Job {self.pk}: {self.created} of {self.total}, {self.state}"


class Account(models.Model):
    """A user that a job made: the `number`-th of its job, 1..total."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE)
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="accounts", db_index=False)
    number = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="account_number_is_used_once")]

    def __str__(self) -> str:
        return f"{self.number} of job {self.job_id}"


class Hand(models.Model):
    """The one Celery message, by its id, that may work on this lane of a job now."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="hands", db_index=False)
    lane = models.PositiveSmallIntegerField(default=0)
    task_id = models.UUIDField(unique=True)
    seen_at = models.DateTimeField()
    starts = models.PositiveIntegerField(default=0)
    rescues = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "lane"], name="hand_is_alone_on_its_lane")]

    def __str__(self) -> str:
        return f"lane {self.lane} of job {self.job_id}"
