"""The tables of jobs: jobs, their accounts, lanes and audit log; and of API tokens and workers.

Only task.jobs changes jobs, accounts and lanes; only task.tokens changes tokens.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from task.options import Options


class Job(models.Model):
    """One request for `total` accounts: the only state of the work, and its record afterwards.

    A `request_id` is unique for each requester, which keeps a request sent twice one job. `requester_key` is the
    requester's primary key as text, empty for the shell and Celery. It outlives the user, so that a deletion, which
    sets `requested_by` to NULL, never makes two requests equal. Each check constraint is named for its invariant:
    counts within `total`, `finished` only when complete, `finished_at` exactly when ended, a removal only after its
    request, and only of accounts the job made.

    `nonce` and SECRET_KEY, of which the job keeps a fingerprint, derive a password for each account. With `shared_hash`
    all accounts have the same password instead. `remove_at` is when the accounts expire; `removed_through` is the
    number up to which the removal has checked them.
    """

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

    request_id = models.UUIDField(default=uuid.uuid4)
    requester_key = models.CharField(max_length=254, blank=True, default="")
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
            ("add_large_job", "Can request more accounts than the form allows"),
            ("export_credentials", "Can export the passwords of accounts"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["request_id", "requester_key"], name="job_request_is_one_of_its_requester"),
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
        """Whether the job's passwords can no longer be derived, for existing or for new accounts."""
        return not (self.nonce or self.shared_hash)

    @property
    def may_forget(self) -> bool:
        return self.state not in self.ACTIVE and bool(self.nonce) and not self.shared_hash

    @property
    def may_remove(self) -> bool:
        return self.state in self.REMOVABLE and self.created > 0


class Account(models.Model):
    """A user that a job made: the `number`-th of its job, 1..total. Each is used once (`account_number_is_used_once`).

    `known_hash`: a full-strength hash that is known to match the password the job gave the account. `known_name`: the
    login name from which this password was derived, which stays when the user is renamed.
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
    """One share of a job, and the claim on it: `task_id` is the one Celery message that may work on the lane now.

    Unique: `task_id`, and `lane_number_is_used_once`. The lane has made `made` of its `share` accounts, never more
    (`lane_makes_no_more_than_its_share`). `tried` counts the identities it has used, including those whose name was
    taken. `seen_at` is its last claim, step, requeue or redelivery; `attempts` counts the claims and `rescues` the
    redeliveries since its last step. `is_waiting`: its message has been sent, and no worker has claimed it since. A
    removal has one lane, without a share.
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
    is_waiting = models.BooleanField(default=True, db_default=True)

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


class Requester(models.Model):
    """A person with jobs, by `Job.requester_key`. `last_slice` grows with each slice of anyone: who was served last."""

    key = models.CharField(primary_key=True, max_length=254)
    last_slice = models.PositiveBigIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.key


class Act(models.Model):
    """An entry of the audit log: what a user did to a job or a token. Entries never change.

    `by` is null for the shell, for beat and for deleted users; `by_name` keeps a deleted user's name.
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

    ASKING = (Kind.ASKED, Kind.RETRIED, Kind.REMOVED, Kind.EXPIRED)  # each gives lanes new work on the job

    at = models.DateTimeField()
    kind = models.CharField(max_length=16, choices=Kind)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    by_name = models.CharField(max_length=254, blank=True, default="")
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.CASCADE, related_name="acts")
    detail = models.CharField(max_length=200, blank=True, default="")

    def __str__(self) -> str:
        """Leaves out the user's name, because titles are shown to users who may not see it."""
        return f"{self.get_kind_display()}, {self.at:%Y-%m-%d %H:%M}"


class Token(models.Model):
    """A bearer token for the API. `digest` is the SHA-256 of its 256 random bits; only the client has the bits."""

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
    """A worker, by its Celery name, with its heartbeat: `heard_at` is written every few seconds.

    `rescued_at`: when the worker last completed a rescue sent by beat, which is the only sign that beat is alive. The
    counters add up since the row was made: steps, the seconds of their transactions, and lost hints.
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
    """How many jobs one cleanup deleted, and how many accounts these had made, so that totals still include them."""

    at = models.DateTimeField()
    jobs = models.PositiveIntegerField()
    accounts = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return f"{self.jobs} jobs, {self.at:%Y-%m-%d %H:%M}"
