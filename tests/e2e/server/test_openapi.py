"""The JSON API of a real daphne answers any input as its OpenAPI document describes (schemathesis)."""

import os
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from schemathesis import GenerationMode

from realtime import outbox
from task.api.urls import api
from task.models import Job
from tests.e2e.wire.test_token_socket import token_of
from tests.support.clients.caller import fetch
from tests.support.stepping import failed, finished, running

pytestmark = [pytest.mark.django_db(transaction=True)]

EXAMPLES = 200 if os.environ.get("ARRIVALS_CHAOS") == "long" else 8
RIGHTS = ("view_user", "add_job", "add_large_job", "view_job", "change_job", "delete_job", "export_credentials")
SCHEMA = schemathesis.openapi.from_dict(api.get_openapi_schema())
OPERATIONS = [f"{method.upper()} {path}" for path, item in SCHEMA.raw_schema["paths"].items() for method in item]
ACCEPTANCE = SCHEMA.config.checks.positive_data_acceptance
ACCEPTANCE.expected_statuses = [*ACCEPTANCE.expected_statuses, "410"]  # a cursor that was valid once


def adjust(case: Any, jobs: Sequence[Job]) -> None:
    """Sets the waits of polls to 0, and three of four job ids to existing jobs, which random ids hardly ever hit."""
    if case.query.get("wait") in range(1, 31):
        case.query["wait"] = 0
    job_id = case.path_parameters.get("job_id")
    if isinstance(job_id, int) and job_id % 4:
        case.path_parameters["job_id"] = jobs[job_id % 4 - 1].pk


def complete_cursor(case: Any) -> None:
    """Sends the current `epoch` exactly if there is an `after`."""
    case.query.pop("epoch", None)
    if case.query.get("after"):
        case.query["epoch"] = str(outbox.head("users").epoch)


def valid_job(case: Any) -> None:
    """Sends a new idempotency key, no groups, and a shared password only with `passwords` = shared."""
    case.headers["Idempotency-Key"] = str(uuid4())
    case.body.pop("request_id", None)
    chosen = case.body.get("options", {})
    chosen |= {"groups": [], "shared_password": "correct horse battery" if chosen.get("passwords") == "shared" else ""}


# Rules between several values, which the document cannot express.
RULES_BETWEEN_VALUES = {"GET /api/events": complete_cursor, "POST /api/jobs": valid_job}


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_answers_as_documented(name: str, mode: GenerationMode, web: str) -> None:
    method, _, path = name.partition(" ")
    headers = {"Authorization": f"Bearer {token_of('program', *RIGHTS)}"}
    jobs = [finished(3), running(2, 5)[0], failed(2, 5)]
    sent = set()

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    @given(case=SCHEMA[path][method].as_strategy(mode))
    def answers(case: Any) -> None:
        assume(
            not any(isinstance(value, list | dict) for value in case.query.values())
        )  # Of repeated parameters the last one counts.
        adjust(case, jobs)
        if mode.is_positive and name in RULES_BETWEEN_VALUES:
            RULES_BETWEEN_VALUES[name](case)
        sent.add(case.meta.generation.mode)
        case.call_and_validate(base_url=web, headers=headers)

    answers()
    assert sent == {mode}


@pytest.mark.parametrize(
    ("query", "status"), [({"after": 0}, 200), ({"after": 1, "epoch": str(UUID(int=1))}, 410)], ids=["all", "lost"]
)
def test_a_poll_answers_as_documented(query: dict[str, Any], status: int, web: str) -> None:
    finished(3)
    failed(2, 5)
    headers = {"Authorization": f"Bearer {token_of('program', *RIGHTS)}"}
    answer = SCHEMA["/api/events"]["GET"].Case(query=query).call_and_validate(base_url=web, headers=headers)
    assert answer.status_code == status


@pytest.mark.parametrize("path", ["jobs", "users", "events", "nothing", "jobs/999"])
def test_head_answers_like_get_without_the_body(path: str, web: str) -> None:
    token = token_of("program", *RIGHTS)
    head_answer, get_answer = (
        fetch(f"{web}/api/{path}", method=method, Authorization=f"Bearer {token}") for method in ("HEAD", "GET")
    )
    assert head_answer.text == ""
    assert (head_answer.status, head_answer.headers["Content-Type"]) == (
        get_answer.status,
        get_answer.headers["Content-Type"],
    )
    assert head_answer.headers["Content-Length"] == str(len(get_answer.text))


def test_head_of_an_export_is_refused(web: str) -> None:
    token = token_of("program", *RIGHTS)
    assert fetch(f"{web}/api/jobs/1/credentials", method="HEAD", Authorization=f"Bearer {token}").status == 405


def test_a_poll_ignores_parameters_without_a_value(web: str) -> None:
    token = token_of("program", *RIGHTS)
    address = f"{web}/api/events?after=&epoch=&job=&limit=&wait="
    assert fetch(address, Authorization=f"Bearer {token}").status == 200


def test_every_operation_of_the_document_is_checked() -> None:
    assert "POST /api/jobs" in OPERATIONS
    assert len(OPERATIONS) == 11
