"""Jobs, their accounts and their record, the lanes that work on them, and the tokens of programs.

Only task.jobs.step, task.jobs.actions, task.jobs.removal and task.jobs.leases change a job or a lane; only task.tokens
a token.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from task.options import Options


class Job(models.Model):
    """One request for `total` accounts: the only state of the work, and its record afterwards."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        FINISHED = "finished"
        FAILED = "failed"
        CANCELLED = "cancelled"
        REMOVING = "removing"
        REMOVED = "removed"

    ACTIVE = (State.QUEUED, State.RUNNING)
    AT_WORK = (*ACTIVE, State.REMOVING)
    REMOVABLE = (State.FINISHED, State.FAILED, State.CANCELLED)

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
    remove_at = models.DateTimeField(null=True, blank=True)
    removal_began_at = models.DateTimeField(null=True, blank=True)
    removed_through = models.PositiveIntegerField(default=0)
    removed_at = models.DateTimeField(null=True, blank=True)
    chosen = models.JSONField(default=dict, blank=True)
    seed = models.BigIntegerField(default=0)
    shared_hash = models.CharField(max_length=255, blank=True, default="")
    lane_count = models.PositiveSmallIntegerField(default=1)

    class Meta:
        permissions = [
            ("add_large_job", "Can ask for more accounts than the form offers"),
            ("export_credentials", "Can export the passwords of accounts"),
        ]
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
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running"], finished_at=None)
                | (~Q(state__in=["queued", "running"]) & Q(finished_at__isnull=False)),
                name="job_that_ended_says_when",
            ),
            models.CheckConstraint(
                condition=Q(removal_began_at__isnull=False)
                | (~Q(state__in=["removing", "removed"]) & Q(removed_through=0)),
                name="job_removes_only_after_it_was_asked",
            ),
            models.CheckConstraint(
                condition=Q(removed_through__gte=0) & Q(removed_through__lte=F("created")),
                name="job_removes_no_more_than_it_made",
            ),
            models.CheckConstraint(
                condition=~Q(state="removed") | Q(removed_through=F("created"), removed_at__isnull=False),
                name="job_is_removed_only_when_all_were_looked_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["state"], condition=Q(state__in=["queued", "running", "removing"]), name="job_at_work"
            ),
            models.Index(
                fields=["remove_at"],
                condition=Q(remove_at__isnull=False, removal_began_at=None),
                name="job_to_remove_in_time",
            ),
            models.Index(fields=["requested_by", "created_at"], name="job_by_requester"),
        ]

    def __str__(self) -> str:
        return f"Job {self.pk}: {self.created} of {self.total}, {self.state}"

    @property
    def options(self) -> Options:
        return Options.of(self.chosen)

    @property
    def may_cancel(self) -> bool:
        return self.state in self.ACTIVE

    @property
    def may_retry(self) -> bool:
        return self.state == self.State.FAILED and self.removal_began_at is None and not self.is_forgotten

    @property
    def is_forgotten(self) -> bool:
        """Whether the passwords can no longer be derived, of old accounts or of new ones."""
        return not (self.nonce or self.shared_hash)

    @property
    def may_forget(self) -> bool:
        return self.state not in self.ACTIVE and bool(self.nonce) and not self.shared_hash

    @property
    def may_remove(self) -> bool:
        return self.state in self.REMOVABLE and self.created > 0


class Account(models.Model):
    """A user that a job made: the `number`-th of its job, 1..total.

    `known_hash`, where it is not light: the stored hash that is known to be of the password that the job gave it,
    `known_name`: the login name that this password was derived from, whatever the account is called since.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE)
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="accounts", db_index=False)
    number = models.PositiveIntegerField()
    known_hash = models.CharField(max_length=255, blank=True, default="")
    known_name = models.CharField(max_length=254, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="account_number_is_used_once")]

    def __str__(self) -> str:
        return f"{self.number} of job {self.job_id}"


class Lane(models.Model):
    """The one Celery message, by its id, that may work on this lane of a job now.

    A lane makes `share` of the accounts; `tried` counts the identities that it has used up, taken names among them.
    """

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="lanes", db_index=False)
    number = models.PositiveSmallIntegerField(default=0)
    task_id = models.UUIDField(unique=True)
    seen_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    rescues = models.PositiveIntegerField(default=0)
    share = models.PositiveIntegerField(default=0)
    made = models.PositiveIntegerField(default=0)
    tried = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="lane_number_is_used_once"),
            models.CheckConstraint(condition=Q(made__lte=F("share")), name="lane_makes_no_more_than_its_share"),
        ]

    def __str__(self) -> str:
        return f"lane {self.number} of job {self.job_id}"

    @property
    def is_done(self) -> bool:
        return self.share > 0 and self.made == self.share


class Act(models.Model):
    """What somebody did to a job or a token: a line of the record, never changed. `by` is null for the shell and beat.

    `by_name` stays when the user goes.
    """

    class Kind(models.TextChoices):
        ASKED = "asked"
        CANCELLED = "cancelled"
        RETRIED = "retried"
        REMOVED = "removed"
        EXPIRED = "expired"
        EXPORTED = "exported"
        FORGOTTEN = "forgotten"
        TOKEN_MADE = "token_made", "made a token"
        TOKEN_REVOKED = "token_revoked", "revoked a token"

    ASKING = (Kind.ASKED, Kind.RETRIED, Kind.REMOVED, Kind.EXPIRED)  # after these, lanes begin to work on the job

    at = models.DateTimeField()
    kind = models.CharField(max_length=16, choices=Kind)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    by_name = models.CharField(max_length=254, blank=True, default="")
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.CASCADE, related_name="acts")
    detail = models.CharField(max_length=200, blank=True, default="")

    def __str__(self) -> str:
        """Without the name: titles show this also to those who may not see who did it."""
        return f"{self.get_kind_display()}, {self.at:%Y-%m-%d %H:%M}"


class Token(models.Model):
    """A bearer token of a program: `digest` is the SHA-256 of 256 random bits, which only the program holds."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Worker(models.Model):
    """A worker, by its Celery name, and when it was last heard from: it writes that itself every few seconds.

    `rescued_at`: when it last did the rescue that beat sends, the only sign of beat that there is. What its processes
    counted since the row was made: steps and how long their transactions took, hints that were lost.
    """

    name = models.CharField(primary_key=True, max_length=200)
    heard_at = models.DateTimeField()
    rescued_at = models.DateTimeField(null=True, blank=True)
    processes = models.PositiveSmallIntegerField(default=1)
    steps = models.PositiveBigIntegerField(default=0, db_default=0)
    step_seconds = models.FloatField(default=0, db_default=0)
    hints_lost = models.PositiveBigIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return self.name


class DeletedJobTotals(models.Model):
    """Jobs that housekeeping deleted together, and how many accounts they had made: what a total still counts."""

    at = models.DateTimeField()
    jobs = models.PositiveIntegerField()
    accounts = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return f"{self.jobs} jobs, {self.at:%Y-%m-%d %H:%M}"
