"""The API of a site with HTTPS: a call without TLS gets a problem and no redirect."""

import pytest
from pytest_django import Settings

from tests.support.clients.caller import Caller, caller

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def https(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")


@pytest.fixture
def reader() -> Caller:
    return caller("reader", "view_user")


@pytest.mark.parametrize("path", ["/api", "/api/users", "/api/events", "/api/jobs/1/credentials", "/api/nothing"])
def test_a_call_without_tls_is_refused_in_json(reader: Caller, path: str) -> None:
    answer = reader.get(path)
    assert answer.problem == (403, "https_required")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Location" not in answer.headers
    assert "revoke" not in answer.json["detail"]


def test_a_token_that_came_without_tls_is_declared_known(reader: Caller) -> None:
    detail = reader.get("/api/users", Authorization="Bearer x").json["detail"]
    assert detail.endswith("others may know it: revoke it and create another.")


def test_a_call_that_reached_the_proxy_over_tls_is_served(reader: Caller) -> None:
    assert reader.get("/api/users", **{"X-Forwarded-Proto": "https"}).status == 200


def test_a_page_without_tls_is_redirected(reader: Caller) -> None:
    assert reader.get("/users/").headers["Location"].startswith("https://")
