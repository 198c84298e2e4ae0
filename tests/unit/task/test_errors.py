"""API problems: their statuses, codes and sentences."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from task.api.errors import CODES, SENTENCES, VALIDATION_WORDS, Problem, field_errors
from task.api.schemas import JobFilter, JobWanted, UserFilter


@pytest.mark.parametrize("code", CODES)
def test_each_code_has_an_error_status(code: str) -> None:
    problem = Problem(code, "Do this.")
    assert 400 <= problem.status < 600
    assert problem.content["code"] == code
    assert problem.content["status"] == problem.status


@pytest.mark.parametrize("status", [*range(400, 432), 451, *range(500, 512)])
def test_any_error_status_becomes_a_problem_with_a_sentence(status: int) -> None:
    problem = Problem.of_status(status)
    assert problem.status // 100 == status // 100
    assert str(problem).endswith(".")


def test_a_401_names_the_bearer_scheme() -> None:
    assert Problem(*SENTENCES[401]).headers == {"WWW-Authenticate": "Bearer"}


def errors_in(model: Any, value: object) -> list[dict[str, str]]:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(model).validate_python(value)
    found = [{**error, "loc": ("query", *error["loc"])} for error in caught.value.errors()]
    assert {error["type"] for error in found} <= set(VALIDATION_WORDS)
    return field_errors(found)


@pytest.mark.parametrize(
    ("model", "value", "field", "detail"),
    [
        (JobWanted, {}, "total", "total is missing."),
        (JobWanted, {"total": "5"}, "total", "total must be a whole number."),
        (JobWanted, {"total": True}, "total", "total must be a whole number."),
        (JobWanted, {"total": 5.5}, "total", "total must be a whole number."),
        (JobWanted, {"total": None}, "total", "total must be a whole number."),
        (JobWanted, {"total": 5, "size": 6}, "size", "size is not a known field."),
        (JobWanted, {"total": 5, "options": []}, "options", "options must be a JSON object."),
        (JobWanted, {"total": 5, "request_id": "x"}, "request_id", "request_id must be a UUID."),
        (JobWanted, {"total": 5, "request_id": 5}, "request_id", "request_id must be a UUID."),
        (
            JobWanted,
            {"total": 5, "options": {"remove_after_hours": "1"}},
            "options.remove_after_hours",
            "options.remove_after_hours must be a whole number.",
        ),
        (JobFilter, {"limit": "0"}, "limit", "limit must be 1 or more."),
        (JobFilter, {"limit": "101"}, "limit", "limit must be 100 or less."),
        (JobFilter, {"before": "x"}, "before", "before must be a whole number."),
        (JobFilter, {"before": "-1"}, "before", "before must be 0 or more."),
        (JobFilter, {"before": "1.5"}, "before", "before must be a whole number."),
        (JobFilter, {"before": "9" * 5000}, "before", "before must be a whole number with fewer digits."),
        (UserFilter, {"q": "x" * 151}, "q", "q must have 150 characters or fewer."),
        (UserFilter, {"q": "\0"}, "q", "q contains a character that is not allowed."),
    ],
)
def test_a_validation_error_is_a_sentence_about_its_field(model: Any, value: object, field: str, detail: str) -> None:
    assert errors_in(model, value) == [{"field": field, "detail": detail}]


def test_an_unknown_state_is_answered_with_the_known_ones() -> None:
    [error] = errors_in(JobFilter, {"state": "done"})
    assert "queued" in error["detail"]
    assert "removed" in error["detail"]


def test_the_detail_counts_further_errors() -> None:
    errors = errors_in(JobFilter, {"limit": "0", "before": "x", "state": "?"})
    assert str(Problem.of_errors(errors)).endswith("(2 more in errors.)")


def test_a_long_field_name_is_cut() -> None:
    [error] = errors_in(JobWanted, {"total": 1, "x" * 5000: 1})
    assert len(error["detail"]) < 100
