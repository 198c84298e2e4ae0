"""Monitoring access: for requests from this machine, or with the metrics token."""

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from asgi_config.monitoring.access import has_monitoring_access, is_loopback

WITHOUT_PROXY = {"METRICS_TOKEN": "", "HTTPS": False, "ALLOWED_HOSTS": ["localhost", "127.0.0.1", "[::1]"]}
WITHOUT_PROXY["CSRF_TRUSTED_ORIGINS"] = ["http://localhost:3000", "http://[::1]:3000"]


def is_allowed(
    settings: Settings, *, address: str = "127.0.0.1", headers: dict[str, str] | None = None, **changes: object
) -> bool:
    for name, value in {**WITHOUT_PROXY, **changes}.items():
        setattr(settings, name, value)
    given = {"Host": "127.0.0.1:8000"} | (headers or {})
    return has_monitoring_access(RequestFactory().get("/metrics", headers=given, REMOTE_ADDR=address))


def test_a_request_from_this_machine_is_allowed(settings: Settings) -> None:
    assert is_allowed(settings)
    assert is_allowed(settings, address="::1", headers={"Host": "localhost"})


@pytest.mark.parametrize("address", ["192.0.2.7", "", "2001:db8::1"])
def test_a_request_from_another_address_is_refused(settings: Settings, address: str) -> None:
    assert not is_allowed(settings, address=address)


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via", "X-Forwarded-Proto"])
def test_a_request_forwarded_by_a_proxy_is_refused(settings: Settings, name: str) -> None:
    assert not is_allowed(settings, headers={name: "127.0.0.1"})


def test_loopback_is_refused_if_https_or_allowed_hosts_show_a_proxy(settings: Settings) -> None:
    assert not is_allowed(settings, HTTPS=True)
    assert not is_allowed(settings, ALLOWED_HOSTS=["127.0.0.1", "arrivals.example"])
    assert not is_allowed(settings, ALLOWED_HOSTS=["*"])


@pytest.mark.parametrize("origin", ["https://arrivals.example", "http://*.example:8443"])
def test_loopback_is_refused_if_a_trusted_origin_shows_a_proxy(settings: Settings, origin: str) -> None:
    assert not is_allowed(settings, CSRF_TRUSTED_ORIGINS=[origin])


def test_a_rebound_dns_name_is_refused(settings: Settings) -> None:
    assert not is_allowed(settings, headers={"Host": "rebound.example"})


def test_only_the_token_counts_where_one_is_set(settings: Settings) -> None:
    token = "t" * 32
    assert not is_allowed(settings, METRICS_TOKEN=token)
    assert not is_allowed(settings, METRICS_TOKEN=token, headers={"Authorization": "Bearer wrong"})
    assert not is_allowed(settings, METRICS_TOKEN=token, headers={"Authorization": f"Basic {token}"})
    assert is_allowed(settings, METRICS_TOKEN=token, headers={"Authorization": f"Bearer {token}"}, address="192.0.2.7")


def test_loopback_is_recognized_in_each_of_its_forms() -> None:
    assert all(is_loopback(address) for address in ("127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"))
    assert not any(is_loopback(address) for address in ("::ffff:192.0.2.7", "128.0.0.1", "localhost", ""))
