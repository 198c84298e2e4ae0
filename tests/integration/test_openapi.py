"""The JSON API answers as its OpenAPI document says, whatever is sent to it (schemathesis), by a real daphne."""

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from task.api.urls import api
from tests.caller import fetch
from tests.integration.stepping import failed, finished, running
from tests.integration.test_token_socket import token_of

pytestmark = [pytest.mark.django_db(transaction=True)]

EXAMPLES = 200 if os.environ.get("ARRIVALS_CHAOS") == "long" else 8
RIGHTS = ("view_user", "add_job", "add_large_job", "view_job", "change_job", "delete_job", "export_credentials")
SCHEMA = schemathesis.openapi.from_dict(api.get_openapi_schema())
OPERATIONS = [f"{method.upper()} {path}" for path, item in SCHEMA.raw_schema["paths"].items() for method in item]
# What a document of single values cannot say: after needs epoch, a password for all needs passwords=shared.
RULES_BETWEEN_VALUES = {"POST /api/jobs", "GET /api/events"}


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_answers_as_documented(name: str, mode: GenerationMode, web: str) -> None:
    method, _, path = name.partition(" ")
    headers = {"Authorization": f"Bearer {token_of('program', *RIGHTS)}"}
    jobs = [finished(3), running(2, 5)[0], failed(2, 5)]
    excluded = [positive_data_acceptance] if name in RULES_BETWEEN_VALUES else []
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
        assume(not any(isinstance(value, list | dict) for value in case.query.values()))  # The last of several counts.
        if case.query.get("wait") in range(1, 31):
            case.query["wait"] = 0  # A poll of an idle feed would really wait.
        asked = case.path_parameters.get("job_id")
        if isinstance(asked, int) and asked % 4:
            case.path_parameters["job_id"] = jobs[asked % 4 - 1].pk  # Any number is hardly ever that of a job.
        sent.add(case.meta.generation.mode)
        case.call_and_validate(base_url=web, headers=headers, excluded_checks=excluded)

    answers()
    assert sent == {mode}


@pytest.mark.parametrize("path", ["jobs", "users", "events", "nothing", "jobs/999"])
def test_head_answers_as_get_does_without_the_body(path: str, web: str) -> None:
    token = token_of("program", *RIGHTS)
    asked, got = (
        fetch(f"{web}/api/{path}", method=method, Authorization=f"Bearer {token}") for method in ("HEAD", "GET")
    )
    assert asked.text == ""
    assert (asked.status, asked.headers["Content-Type"]) == (got.status, got.headers["Content-Type"])
    assert asked.headers["Content-Length"] == str(len(got.text))


def test_head_does_not_take_an_export(web: str) -> None:
    token = token_of("program", *RIGHTS)
    assert fetch(f"{web}/api/jobs/1/credentials", method="HEAD", Authorization=f"Bearer {token}").status == 405


def test_a_poll_takes_a_parameter_without_a_value_for_not_given(web: str) -> None:
    token = token_of("program", *RIGHTS)
    address = f"{web}/api/events?after=&epoch=&job=&limit=&wait="
    assert fetch(address, Authorization=f"Bearer {token}").status == 200


def test_the_document_is_checked_whole() -> None:
    assert "POST /api/jobs" in OPERATIONS
    assert len(OPERATIONS) == 11
