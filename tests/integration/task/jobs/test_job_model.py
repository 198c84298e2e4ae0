"""Random histories of jobs against a model: lanes act late, twice or after the end, under a clock that jumps.

Lanes claim, prepare, step, requeue and vanish; users cancel, retry and remove; jobs fail; rescue runs. Counts, states
and feed events equal those of the model, `verify` finds no problem, and rescue finds each lane that still has work.
"""

import datetime
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule

from task.accounts import insert
from task.accounts.insert import Candidate
from task.jobs import actions, leases, removal
from task.jobs.actions import ActionResult, WrongState, fail
from task.jobs.start import start_job
from task.jobs.step import step
from task.jobs.verification import verify
from task.models import Job, Lane
from task.options import FULL, Options
from task.workers import registry
from tests.chaos.faults.hits import Strikes
from tests.integration.task.jobs.job_model import ACTIVE, AT_WORK, ModelJob, ModelLane
from tests.integration.task.jobs.test_leases import queued_ids
from tests.support import machines
from tests.support.feeding import types_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis"), pytest.mark.timeout(1800)]

User = get_user_model()
MINUTES = st.sampled_from([1, 6, -1, -60])
SIZES = st.integers(1, 12)
LONGEST_WAIT = leases.RESCUE_AFTER * 2**leases.MOST_DOUBLINGS


class JobMachine(RuleBasedStateMachine):
    jobs = Bundle("jobs")
    messages = Bundle("messages")
    prepared = Bundle("prepared")

    def __init__(self) -> None:
        super().__init__()
        self.now = timezone.now()
        self.models: dict[int, ModelJob] = {}
        self.current: dict[UUID, tuple[int, int]] = {}
        self.taken: set[str] = set()
        Lane.objects.all().delete()  # of earlier examples
        queued_ids()

    def clock(self) -> datetime.datetime:
        self.now += datetime.timedelta(milliseconds=1)
        return self.now

    def sent(self, job_id: int) -> Any:
        """Returns the messages that a rule sent, and stores the current id of each lane of the job."""
        rows = Lane.objects.filter(job=job_id).values_list("task_id", "number")
        self.current = {task_id: owner for task_id, owner in self.current.items() if owner[0] != job_id}
        self.current |= {task_id: (job_id, lane) for task_id, lane in rows}
        return multiple(*((job_id, task_id) for task_id in queued_ids()))

    def may_work(self, job_id: int, task_id: UUID) -> bool:
        return task_id in self.current and self.models[job_id].state in AT_WORK

    @rule(minutes=MINUTES)
    def change_the_clock(self, minutes: int) -> None:
        self.now += datetime.timedelta(minutes=minutes)

    @rule(target=jobs, total=st.integers(1, 25), processes=st.integers(1, 2))
    def request_job(self, total: int, processes: int) -> int:
        registry.record_heartbeat("worker@here", self.clock(), processes=processes)
        options = Options(hashing=FULL) if processes > 1 else Options()
        job = start_job(total=total, options=options, clock=self.clock).job
        least, rest = divmod(total, min(processes, total))
        lanes = {lane: ModelLane(least + (lane < rest)) for lane in range(min(processes, total))}
        self.models[job.pk] = ModelJob(total, lanes)
        self.sent(job.pk)
        return job.pk

    @rule(target=messages, job_id=jobs)
    def deliver_again(self, job_id: int) -> Any:
        """Returns the current message of each lane. A message may be delivered any number of times."""
        return multiple(*((job_id, task_id) for task_id, (job, _) in self.current.items() if job == job_id))

    # Actions of lanes

    @rule(target=prepared, message=messages, size=SIZES)
    def claim(self, message: tuple[int, UUID], size: int) -> Any:
        job_id, task_id = message
        lane = leases.claim(job_id=job_id, task_id=task_id, clock=self.clock)
        assert (lane is not None) == self.may_work(*message)
        if lane is None or lane.job.state not in ACTIVE:
            return multiple()
        return multiple((lane, insert.prepare_candidates(lane, size)))

    @rule(target=prepared, job_id=jobs, size=SIZES)
    def take_over(self, job_id: int, size: int) -> Any:
        """A worker that has another person's message takes a waiting lane."""
        waiting = Lane.objects.filter(job=job_id, is_waiting=True).order_by("number").first()
        lane = waiting and leases.take_over(waiting, clock=self.clock)
        assert (lane is not None) == (waiting is not None and self.models[job_id].state in AT_WORK)
        self.sent(job_id)
        if lane is None or lane.job.state not in ACTIVE:
            return multiple()
        return multiple((lane, insert.prepare_candidates(lane, size)))

    @rule(preparation=prepared)
    def step(self, preparation: tuple[Lane, list[Candidate]]) -> None:
        """The lane may have been requeued since, or a second worker may have the same message."""
        lane, candidates = preparation
        model = self.models[lane.job_id]
        may_make = self.may_work(lane.job_id, lane.task_id) and model.state in ACTIVE
        after = step(
            job_id=lane.job_id, task_id=lane.task_id, candidates=candidates, first=lane.tried, clock=self.clock
        )
        assert (after is not None) == may_make
        if may_make:
            names = [candidate.login_name for candidate in candidates]
            model.make(lane.number, lane.tried, names, self.taken)
            self.sent(lane.job_id)

    @rule(preparation=prepared)
    def another_user_takes_a_name(self, preparation: tuple[Lane, list[Candidate]]) -> None:
        name = preparation[1][-1].login_name
        if name not in self.taken:
            User.objects.create(username=name)
            self.taken.add(name)

    @rule(target=messages, message=messages)
    def requeue(self, message: tuple[int, UUID]) -> Any:
        job_id, task_id = message
        queued_ids()
        leases.requeue(job_id=job_id, task_id=task_id, size=5, clock=self.clock)
        was_current = task_id in self.current
        successors = self.sent(job_id)
        assert len(successors.values) == was_current
        return successors

    @rule(message=messages, size=SIZES)
    def remove_some(self, message: tuple[int, UUID], size: int) -> None:
        job_id, task_id = message
        may_remove = self.may_work(*message) and self.models[job_id].state == "removing"
        after = removal.step(job_id=job_id, task_id=task_id, size=size, clock=self.clock)
        assert (after is not None) == may_remove
        if may_remove:
            self.models[job_id].remove_some(size)
            self.sent(job_id)

    @rule(message=messages, is_mine=st.booleans())
    def fail(self, message: tuple[int, UUID], is_mine: bool) -> None:
        job_id, task_id = message
        if not is_mine or task_id in self.current:
            self.models[job_id].fail()
        fail(job_id=job_id, error="Failed by the test.", task_id=task_id if is_mine else None, clock=self.clock)

    @rule(target=messages)
    def rescue(self) -> Any:
        """Redelivers the same ids, only for lanes at work, and changes nothing else."""
        queued_ids()
        stalled = leases.stalled(self.clock())
        for lane in stalled:
            assert leases.redeliver(lane, self.now) == ""
            assert self.may_work(lane.job_id, lane.task_id)
        assert queued_ids() == [lane.task_id for lane in stalled]
        return multiple(*((lane.job_id, lane.task_id) for lane in stalled))

    # Actions of users

    def run_action(self, action: Callable[..., ActionResult], job_id: int, is_allowed: bool) -> Any:
        queued_ids()
        try:
            action(job_id=job_id, clock=self.clock)
        except WrongState:
            assert not is_allowed
        else:
            assert is_allowed
        return self.sent(job_id)

    @rule(job_id=jobs)
    def cancel(self, job_id: int) -> None:
        self.run_action(actions.cancel, job_id, self.models[job_id].cancel())

    @rule(target=messages, job_id=jobs)
    def retry(self, job_id: int) -> Any:
        return self.run_action(actions.retry, job_id, self.models[job_id].retry())

    @rule(target=messages, job_id=jobs)
    def remove(self, job_id: int) -> Any:
        return self.run_action(actions.remove, job_id, self.models[job_id].remove())

    # Invariants

    @invariant()
    def jobs_are_as_in_the_model(self) -> None:
        for job in Job.objects.filter(pk__in=self.models):
            model = self.models[job.pk]
            assert (job.state, job.created, job.removed_through) == (model.state, model.created, model.removed_through)
            lanes = {lane.number: ModelLane(lane.share, lane.made, lane.tried) for lane in job.lanes.all()}
            assert lanes == model.lanes
            assert types_of(job.pk) == model.events

    @invariant()
    def times_are_in_order(self) -> None:
        for job in Job.objects.filter(pk__in=self.models):
            begun = [job.created_at, job.started_at, job.stepped_at if job.state in ACTIVE else job.finished_at]
            times = [at for at in [*begun, job.removal_began_at, job.removed_at] if at]
            assert times == sorted(times)
            joined = list(job.accounts.order_by("number").values_list("user__date_joined", flat=True))
            assert joined == sorted(joined)

    def teardown(self) -> None:
        """After any history rescue finds each lane at work, and `verify` finds no problem."""
        self.now += LONGEST_WAIT
        stalled = {lane.task_id for lane in leases.stalled(self.now)}
        working = {task_id for task_id, owner in self.current.items() if self.may_work(owner[0], task_id)}
        assert working <= stalled
        for job in Job.objects.filter(pk__in=self.models):
            assert verify(job).problems == []


@pytest.mark.fault("late, repeated and stale lane messages, and user actions, in any order")
def test_jobs_behave_as_in_the_model(settings: Any, strikes: Strikes) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    strikes.hit(times=machines.run(JobMachine, examples=15, steps=30))
