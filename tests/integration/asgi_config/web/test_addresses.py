"""A service that a browser reaches through a tunnel: the page says what to set."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from tests.support.clients.visiting import text_of

TUNNEL = "https://wise-owl-8000.tunnel.example"

pytestmark = pytest.mark.django_db


def submit(origin: str) -> Any:
    """Submits the sign-in form as a browser does that shows this origin."""
    client = Client(enforce_csrf_checks=True, headers={"origin": origin})
    token = client.get(reverse("login")).context["csrf_token"]
    form = {"username": "ann", "password": "wrong", "csrfmiddlewaretoken": token}
    return client.post(reverse("login"), form)


def test_a_form_from_another_origin_names_the_setting_for_it() -> None:
    response = submit(TUNNEL)
    assert response.status_code == 403
    assert f"set CSRF_TRUSTED_ORIGINS={TUNNEL} and start it again" in text_of(response)


def test_a_form_from_a_trusted_origin_is_accepted(settings: Settings) -> None:
    settings.CSRF_TRUSTED_ORIGINS = [TUNNEL]
    assert submit(TUNNEL).status_code == 200


@pytest.mark.parametrize("origin", ["null", f"https://{'x' * 300}.example", "http://testserver"])
def test_no_setting_is_named_for_a_form_without_a_usable_origin(origin: str) -> None:
    client = Client(enforce_csrf_checks=True, headers={"origin": origin})
    response = client.post(reverse("login"), {"username": "ann"})
    assert response.status_code == 403
    assert "The form expired" in text_of(response)
    assert "CSRF_TRUSTED_ORIGINS" not in text_of(response)


def test_an_origin_is_shown_as_text() -> None:
    response = submit("https://<script>alert(1)</script>")
    assert "<script>alert" not in response.content.decode()


def test_an_unknown_host_is_named_with_its_setting() -> None:
    response = Client(headers={"host": "wise-owl.tunnel.example:8000"}).get(reverse("login"))
    assert response.status_code == 400
    assert "does not know the name wise-owl.tunnel.example:8000" in text_of(response)
    assert "ALLOWED_HOSTS" in text_of(response)
    assert "ALLOWED_HOSTS" in Client(headers={"host": "wise-owl.tunnel.example"}).get("/api/jobs").json()["detail"]


def test_another_bad_request_names_no_host(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 1
    response = Client().post(reverse("login"), {"username": "ann", "password": "x", "next": "/"})
    assert response.status_code == 400
    assert "This address is not valid" in text_of(response)
    assert "ALLOWED_HOSTS" not in text_of(response)
