"""Incompatible changes of formats are found, because old and new code run side by side during an upgrade."""

import copy
from collections.abc import Callable

import pytest

from tests.support.clients.complaints import Formats, complaints
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
    ("a table is removed", lambda new: new["tables"].pop(JOB), "The table arrivals_job is gone"),
    ("a column is removed", lambda new: columns(new).pop("total"), "The column arrivals_job.total is gone"),
    ("a column changes its type", lambda new: columns(new)["total"].update(type="TextField"), "is a TextField, and"),
    ("a column refuses null", lambda new: columns(new)["finished_at"].update(null=False), "refuses null"),
    ("a column becomes unique", lambda new: columns(new)["total"].update(unique=True), "refuses a value twice"),
    ("a column becomes shorter", lambda new: columns(new)["state"].update(max_length=9), "more than 9 characters"),
    (
        "a column gets a length limit",
        lambda new: columns(new)["error"].update(max_length=99),
        "more than 99 characters",
    ),
    (
        "a db_default is removed",
        lambda new: columns(new, "arrivals_worker")["steps"].update(needed=True),
        "a row without it",
    ),
    ("a state is added", lambda new: columns(new)["state"]["choices"].append("paused"), "old code does not know"),
    ("a state is removed", lambda new: columns(new)["state"]["choices"].remove("failed"), "new code does not know"),
    (
        "a kind of act is added",
        lambda new: columns(new, "arrivals_act")["kind"]["choices"].append("lent"),
        "may hold 'lent'",
    ),
    (
        "a required column is added",
        lambda new: columns(new).update(priority=NEEDED),
        "without priority: give it a db_default",
    ),
    ("a constraint is added", lambda new: constraints(new).append("few"), "that is new or changed: few"),
    ("a constraint is tightened", lambda new: tighten(constraints(new)), "('created__lt', F(total))"),
    ("a task is removed", lambda new: new["tasks"].pop(LANE), "which old code sends"),
    ("an argument is removed", lambda new: new["tasks"][LANE].pop("size"), "no longer takes size"),
    (
        "a required argument is added",
        lambda new: new["tasks"][LANE].update(lane=True),
        "needs lane, which an older dispatch",
    ),
    (
        "beat sends a new argument",
        lambda new: (new["tasks"][RESCUE].update(hurry=False), sent(new, "beat")[RESCUE].append("hurry")),
        "beat sends task.tasks.rescue_jobs with hurry, which older workers refuse",
    ),
    (
        "a starting worker sends an argument",
        lambda new: sent(new, "request_rescue")[RESCUE].append("hurry"),
        "with hurry",
    ),
    ("a new task is sent", lambda new: sent(new, "dispatch").update({"task.tasks.x": []}), "do not know the task"),
    ("an event is removed", lambda new: new["events"].pop("job.removed"), "The event job.removed is gone"),
    ("an event loses a field", lambda new: new["events"]["user.created"]["user"].pop("email"), "field email,"),
    ("a field changes its kind", lambda new: new["events"]["job.queued"].update(job="str"), "of another kind"),
    ("the hint loses a field", lambda new: new["sent"]["hint"].pop("epoch"), "The hint, field epoch,"),
    (
        "the access hint loses a field",
        lambda new: new["sent"]["access_hint"].pop("user"),
        "The access hint, field user,",
    ),
    ("the hint's batches change", lambda new: new["sent"]["hint"]["batches"][0].append("int"), "field batches,"),
]
ALLOWED: list[tuple[str, Change]] = [
    (
        "a table is added",
        lambda new: new["tables"].update(task_label={"columns": {"id": NEEDED}, "constraints": ["x"]}),
    ),
    ("a column may be null", lambda new: columns(new).update(priority=NEEDED | {"null": True, "needed": False})),
    ("a column has a db_default", lambda new: columns(new).update(priority=NEEDED | {"needed": False})),
    ("a column becomes longer", lambda new: columns(new)["state"].update(max_length=11)),
    ("a column loses its limit", lambda new: columns(new)["state"].update(max_length=None)),
    ("a constraint is removed", lambda new: constraints(new).pop()),
    ("a task is added but not sent yet", lambda new: new["tasks"].update({"task.tasks.x": {"urgent": True}})),
    ("an argument is added but not sent yet", lambda new: new["tasks"][RESCUE].update(urgent=False)),
    ("an argument that workers ignore is sent", lambda new: sent(new, "dispatch")[LANE].append("urgent")),
    ("beat sends a new task", lambda new: sent(new, "beat").update({"task.tasks.x": ["urgent"]})),
    ("an event is added", lambda new: new["events"].update({"job.paused": {"type": "str"}})),
    ("an event gets a field", lambda new: new["events"]["job.queued"].update(priority="int")),
    ("the hint gets a field", lambda new: new["sent"]["hint"].update(at="str")),
]


def columns(new: Formats, table: str = JOB) -> Formats:
    return new["tables"][table]["columns"]  # type: ignore[no-any-return]


def constraints(new: Formats) -> list[str]:
    return new["tables"][JOB]["constraints"]  # type: ignore[no-any-return]


def tighten(texts: list[str]) -> None:
    """Requires less than the total instead of at most the total, under the same name."""
    texts[:] = [text.replace("'created__lte', F(total)", "'created__lt', F(total)") for text in texts]


def sent(new: Formats, sender: str) -> Formats:
    return new["sent"]["messages"][sender]  # type: ignore[no-any-return]


def changed(change: Change) -> Formats:
    new = copy.deepcopy(released())
    change(new)
    return new


@pytest.mark.parametrize(("change", "words"), [case[1:] for case in FORBIDDEN], ids=[case[0] for case in FORBIDDEN])
def test_an_incompatible_change_is_found(change: Change, words: str) -> None:
    found = complaints(released(), changed(change))
    assert len(found) == 1
    assert words in found[0]


@pytest.mark.parametrize("change", [case[1] for case in ALLOWED], ids=[case[0] for case in ALLOWED])
def test_a_compatible_change_is_accepted(change: Change) -> None:
    new = changed(change)
    assert new != released()
    assert complaints(released(), new) == []
