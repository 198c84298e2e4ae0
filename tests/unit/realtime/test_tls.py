"""Which sockets count as encrypted on a site with HTTPS."""

from typing import Any

import pytest
from pytest_django import Settings

from realtime.endpoints import access
from realtime.protocol import CloseCode, Disconnect

FORWARDED = b"x-forwarded-proto"


@pytest.fixture(autouse=True)
def https(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")


def scope(*headers: tuple[bytes, bytes], **more: str) -> dict[str, Any]:
    return {"headers": headers, **more}


@pytest.mark.parametrize(
    "plain",
    [
        scope(),
        scope(scheme="ws"),
        scope((FORWARDED, b"http")),
        scope((FORWARDED, b"http, https")),
        scope((b"x_forwarded_proto", b"https")),
        scope((b"x-forwarded-ssl", b"on")),
    ],
)
def test_a_socket_without_tls_is_a_bad_request(plain: dict[str, Any]) -> None:
    with pytest.raises(Disconnect, match="wss://") as refused:
        access.require_tls(plain)
    assert refused.value.code == CloseCode.BAD_REQUEST


@pytest.mark.parametrize(
    "encrypted", [scope((FORWARDED, b"https")), scope((FORWARDED, b"https, http")), scope(scheme="wss")]
)
def test_a_socket_over_tls_is_accepted(encrypted: dict[str, Any]) -> None:
    access.require_tls(encrypted)


def test_the_proxys_header_counts_only_if_it_is_configured(settings: Settings) -> None:
    settings.SECURE_PROXY_SSL_HEADER = None
    with pytest.raises(Disconnect):
        access.require_tls(scope((FORWARDED, b"https")))


def test_a_site_without_https_accepts_any_socket(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = False
    access.require_tls(scope())
