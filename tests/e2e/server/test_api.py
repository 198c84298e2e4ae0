"""The JSON API over real connections to daphne."""

import pytest
from django.conf import settings

from task.models import Job
from tests.integration.task.api.test_jobs import JOBS
from tests.integration.task.test_credential_access import address, known, read_csv
from tests.support import stepping
from tests.support.clients.caller import fetch
from tests.support.database import at_once, session_of

pytestmark = [pytest.mark.django_db(transaction=True)]


def test_twenty_concurrent_requests_with_one_idempotency_key_start_one_job(web: str) -> None:
    cookie = session_of("operator", "add_job")
    cookies = f"{cookie}; {settings.CSRF_COOKIE_NAME}={'c' * 32}"

    def request_job() -> int:
        headers = {"X-CSRFToken": "c" * 32, "Idempotency-Key": "nightly"}
        answer = fetch(f"{web}{JOBS}", cookies, method="POST", body={"total": 60}, **headers)
        assert answer.status == 202, answer.text
        return int(answer.json["id"])

    assert len(set(at_once(20, request_job))) == 1
    assert Job.objects.count() == 1


def test_an_export_is_streamed(web: str) -> None:
    job = stepping.finished(2_500)
    answer = fetch(f"{web}{address(job)}", session_of("exporter", "export_credentials"))
    assert answer.headers["Transfer-Encoding"] == "chunked"
    assert read_csv(answer.text) == known(job)
