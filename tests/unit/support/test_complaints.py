"""Old and new code run side by side during an upgrade: a change that one of them could not bear is found here."""

import copy
from collections.abc import Callable

import pytest

from tests.support.complaints import Formats, complaints
from tests.support.formats import released

JOB, LANE, RESCUE = "arrivals_job", "task.tasks.create_random_user_accounts", "task.tasks.rescue_jobs"
NEEDED = {
    "type": "IntegerField",
    "null": False,
    "unique": False,
    "needed": True,
    "max_length": None,
    "choices": [],
}

Change = Callable[[Formats], object]
FORBIDDEN: list[tuple[str, Change, str]] = [
    ("a table goes", lambda new: new["tables"].pop(JOB), "The table arrivals_job is gone"),
    ("a column goes", lambda new: columns(new).pop("total"), "The column arrivals_job.total is gone"),
    ("a column changes its type", lambda new: columns(new)["total"].update(type="TextField"), "is a TextField, and"),
    ("a column takes no null", lambda new: columns(new)["finished_at"].update(null=False), "refuses null"),
    ("a column becomes unique", lambda new: columns(new)["total"].update(unique=True), "refuses a value twice"),
    ("a column becomes shorter", lambda new: columns(new)["state"].update(max_length=9), "more than 9 characters"),
    ("a column gets a limit", lambda new: columns(new)["error"].update(max_length=99), "more than 99 characters"),
    ("a db_default goes", lambda new: columns(new, "arrivals_worker")["steps"].update(needed=True), "a row without it"),
    ("a state comes", lambda new: columns(new)["state"]["choices"].append("paused"), "old code does not know"),
    ("a state goes", lambda new: columns(new)["state"]["choices"].remove("failed"), "new code does not know"),
    (
        "a kind of act comes",
        lambda new: columns(new, "arrivals_act")["kind"]["choices"].append("lent"),
        "may hold 'lent'",
    ),
    ("a column is needed", lambda new: columns(new).update(priority=NEEDED), "without priority: give it a db_default"),
    ("a constraint comes", lambda new: constraints(new).append("few"), "that is new or changed: few"),
    ("a constraint is tightened", lambda new: tighten(constraints(new)), "('created__lt', F(total))"),
    ("a task goes", lambda new: new["tasks"].pop(LANE), "which old code sends"),
    ("an argument goes", lambda new: new["tasks"][LANE].pop("size"), "no longer takes size"),
    ("an argument is needed", lambda new: new["tasks"][LANE].update(lane=True), "needs lane, which an older dispatch"),
    (
        "an argument comes and beat sends it",
        lambda new: (new["tasks"][RESCUE].update(hurry=False), sent(new, "beat")[RESCUE].append("hurry")),
        "beat sends task.tasks.rescue_jobs with hurry, which older workers refuse",
    ),
    (
        "a starting worker sends an argument",
        lambda new: sent(new, "request_rescue")[RESCUE].append("hurry"),
        "with hurry",
    ),
    ("a new task is sent", lambda new: sent(new, "dispatch").update({"task.tasks.x": []}), "do not know the task"),
    ("an event goes", lambda new: new["events"].pop("job.removed"), "The event job.removed is gone"),
    ("an event loses a field", lambda new: new["events"]["user.created"]["user"].pop("email"), "field email,"),
    ("a field changes its kind", lambda new: new["events"]["job.queued"].update(job="str"), "of another kind"),
    ("the hint loses a field", lambda new: new["sent"]["hint"].pop("epoch"), "The hint, field epoch,"),
    ("the hint's batches change", lambda new: new["sent"]["hint"]["batches"][0].append("int"), "field batches,"),
]
ALLOWED: list[tuple[str, Change]] = [
    ("a table comes", lambda new: new["tables"].update(task_label={"columns": {"id": NEEDED}, "constraints": ["x"]})),
    ("a column may be null", lambda new: columns(new).update(priority=NEEDED | {"null": True, "needed": False})),
    ("a column has a db_default", lambda new: columns(new).update(priority=NEEDED | {"needed": False})),
    ("a column becomes longer", lambda new: columns(new)["state"].update(max_length=11)),
    ("a column loses its limit", lambda new: columns(new)["state"].update(max_length=None)),
    ("a constraint goes", lambda new: constraints(new).pop()),
    ("a task comes, which nobody sends yet", lambda new: new["tasks"].update({"task.tasks.x": {"urgent": True}})),
    ("an argument comes, which nobody sends yet", lambda new: new["tasks"][RESCUE].update(urgent=False)),
    ("an argument is sent that is passed over", lambda new: sent(new, "dispatch")[LANE].append("urgent")),
    ("a task comes, and beat sends it", lambda new: sent(new, "beat").update({"task.tasks.x": ["urgent"]})),
    ("an event comes", lambda new: new["events"].update({"job.paused": {"type": "str"}})),
    ("an event gets a field", lambda new: new["events"]["job.queued"].update(priority="int")),
    ("the hint gets a field", lambda new: new["sent"]["hint"].update(at="str")),
]


def columns(new: Formats, table: str = JOB) -> Formats:
    return new["tables"][table]["columns"]  # type: ignore[no-any-return]


def constraints(new: Formats) -> list[str]:
    return new["tables"][JOB]["constraints"]  # type: ignore[no-any-return]


def tighten(texts: list[str]) -> None:
    """Less than the total and not up to it, under the name of before."""
    texts[:] = [text.replace("'created__lte', F(total)", "'created__lt', F(total)") for text in texts]


def sent(new: Formats, sender: str) -> Formats:
    return new["sent"]["messages"][sender]  # type: ignore[no-any-return]


def changed(change: Change) -> Formats:
    new = copy.deepcopy(released())
    change(new)
    return new


@pytest.mark.parametrize(("change", "words"), [case[1:] for case in FORBIDDEN], ids=[case[0] for case in FORBIDDEN])
def test_what_the_other_side_cannot_bear_is_found(change: Change, words: str) -> None:
    found = complaints(released(), changed(change))
    assert len(found) == 1
    assert words in found[0]


@pytest.mark.parametrize("change", [case[1] for case in ALLOWED], ids=[case[0] for case in ALLOWED])
def test_what_only_adds_is_borne(change: Change) -> None:
    new = changed(change)
    assert new != released()
    assert complaints(released(), new) == []
