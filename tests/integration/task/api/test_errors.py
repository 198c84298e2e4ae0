"""Errors under /api/ are problems in JSON with stable codes, and the OpenAPI document is correct."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import InterfaceError, InternalError, OperationalError, connection
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from pytest_django import Settings

from task.api.errors import CODES
from task.jobs.start import start_job
from tests.support.clients.caller import ALL, Caller, caller

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

JOBS = "/api/jobs"


@pytest.fixture(params=[False, True], ids=["", "DEBUG"])
def owner(request: pytest.FixtureRequest, settings: Settings) -> Caller:
    settings.DEBUG = request.param
    return caller("owner", *ALL)


@pytest.mark.parametrize(
    "body",
    [b"{", b"[1", b"{'total': 5}", b"\xff\xfe", b'{"total": NaN}', b'{"total": ' + b"9" * 5000 + b"}", b"[" * 60_000],
)
def test_a_body_that_is_not_json_gets_400(owner: Caller, body: bytes) -> None:
    assert owner.post(JOBS, body).problem == (400, "bad_json")


@pytest.mark.parametrize(
    "body", [None, b"null", b"[]", b'"x"', b"5", b"{}", b'{"total": "\\u0000"}', b'{"total": 5, "\\ud800": "\\ud800"}']
)
def test_a_body_with_invalid_fields_gets_422(owner: Caller, body: bytes | None) -> None:
    answer = owner.post(JOBS, body)
    assert answer.problem == (422, "invalid")
    assert all(error["detail"].endswith(".") for error in answer.json["errors"])


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_a_body_of_another_media_type_gets_415(owner: Caller, content_type: str) -> None:
    assert owner.post(JOBS, b"total=60", content_type=content_type).problem == (415, "unsupported_media_type")


def test_a_body_that_is_too_large_or_has_no_length_is_refused(owner: Caller) -> None:
    assert owner.post(JOBS, b" " * 65_537).problem == (413, "too_large")
    sent = owner.client.generic("POST", JOBS, b"", headers={"Transfer-Encoding": "chunked"})
    assert (sent.status_code, sent.json()["code"]) == (411, "length_required")


@pytest.mark.parametrize("address", ["/api/", "/api/x", "/api/jobs/", "/api/jobs/x", "/api/jobs/1/x", "/api/jobs/1.5"])
def test_an_unknown_address_gets_404(owner: Caller, address: str) -> None:
    answer = owner.get(address)
    assert answer.problem == (404, "not_found")
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_wrong_method_gets_405_with_the_allowed_methods(owner: Caller) -> None:
    response = owner.client.put(JOBS)
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "POST"}
    assert response.headers["Content-Length"] == str(len(response.content))


def test_an_unknown_host_gets_400(owner: Caller) -> None:
    assert owner.get(JOBS, Host="evil.example").problem == (400, "bad_request")


def test_a_server_error_is_logged_and_shows_no_detail(owner: Caller, caplog: pytest.LogCaptureFixture) -> None:
    def break_jobs(execute: Any, sql: str, *rest: Any) -> Any:
        if "arrivals_job" in sql:
            raise RuntimeError("secret")
        return execute(sql, *rest)

    with connection.execute_wrapper(break_jobs):
        answer = owner.get(JOBS)
    assert answer.problem == (500, "internal")
    assert "secret" not in answer.text
    assert "secret" in caplog.text


@pytest.mark.parametrize("kind", [OperationalError, InterfaceError, InternalError])
def test_an_unavailable_database_gets_503_with_retry_after(kind: type[Exception]) -> None:
    def fail_jobs(execute: Any, sql: str, *rest: Any) -> Any:
        if "arrivals_job" in sql:
            raise kind("secret: the connection is refused")
        return execute(sql, *rest)

    api = caller("owner", *ALL)
    with connection.execute_wrapper(fail_jobs):
        answer, page = api.get(JOBS), api.client.get("/jobs/")
    assert answer.problem == (503, "unavailable")
    assert answer.headers["Retry-After"] == page.headers["Retry-After"] == "5"
    assert (page.status_code, "secret" in answer.text + page.content.decode()) == (503, False)
    assert "The database is not available" in page.content.decode()


@pytest.mark.parametrize(
    "query", ["state=%00", "before=" + "9" * 40, "before=-1", "limit=0", "limit=101", "limit=1e1", "request_id=%00"]
)
def test_an_invalid_filter_gets_422(owner: Caller, query: str) -> None:
    assert owner.get(f"{JOBS}?{query}").problem == (422, "invalid")


def document() -> Any:
    return caller("reader").get("/api/openapi.json").json


def schemas_in(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield from (value for key, value in node.items() if key == "schema")
        for value in node.values():
            yield from schemas_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from schemas_in(value)


def test_the_document_is_valid_and_lists_all_operations() -> None:
    found = document()
    assert found["openapi"].startswith("3.1")
    for schema in [*schemas_in(found["paths"]), *found["components"]["schemas"].values()]:
        Draft202012Validator.check_schema(schema)
    for reference in re.findall(r'"\$ref": "#/components/schemas/(\w+)"', json.dumps(found)):
        assert reference in found["components"]["schemas"]
    operations = [operation for path in found["paths"].values() for operation in path.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations) == 11
    assert all(operation["security"] == [{"ByToken": []}, {"BySession": []}] for operation in operations)
    assert set(found["components"]["securitySchemes"]) == {"ByToken", "BySession"}


def test_the_document_names_every_error_code() -> None:
    found = document()
    assert found["components"]["schemas"]["Problem"]["properties"]["code"]["enum"] == list(CODES)
    for path in found["paths"].values():
        for operation in path.values():
            for status, answer in operation["responses"].items():
                named = re.findall(r"`(\w+)`", answer["description"]) if int(status) >= 400 else []
                assert {CODES[code] for code in named} == ({int(status)} if int(status) >= 400 else set())


def test_responses_match_the_document() -> None:
    api, found = caller("owner", *ALL), document()
    job = start_job(total=2).job
    responses = {
        "/api/jobs": api.get("/api/jobs"),
        "/api/jobs/{job_id}": api.get(f"/api/jobs/{job.pk}"),
        "/api/jobs/{job_id}/removal": api.get(f"/api/jobs/{job.pk}/removal"),
        "/api/users": api.get("/api/users"),
        "/api/events": api.get("/api/events?after=0"),
    }
    for path, answer in responses.items():
        schema = found["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        Draft202012Validator({**schema, "components": found["components"]}).validate(answer.json)
    problem = {"$ref": "#/components/schemas/Problem", "components": found["components"]}
    for answer in (api.get("/api/x"), api.post(JOBS, {}), Caller().get(JOBS)):
        Draft202012Validator(problem).validate(answer.json)
