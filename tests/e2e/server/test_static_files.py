"""Static files: browsers cache them permanently, and an upgrade leaves no stale file in use."""

import re
from urllib.parse import urljoin
from urllib.request import Request

import pytest
from django.conf import settings

from asgi_config.installation import ROOT
from tests.support.clients.browser import Browser

YEAR_SECONDS = 365 * 24 * 3600
STATIC = ROOT / "static"


def addresses_on(page: str) -> set[str]:
    return set(re.findall(r'(?:href|src)="([^"]+\.(?:css|js|svg))"', page))


def assert_is_cached_permanently(address: str) -> str:
    response = Browser().get(address)
    cache_control = response.headers["Cache-Control"]
    assert response.status == 200
    assert "immutable" in cache_control
    assert int(re.findall(r"max-age=(\d+)", cache_control)[0]) >= YEAR_SECONDS
    return response.read().decode()


@pytest.mark.parametrize("page", ["/accounts/login/", "/admin/login/"])
def test_every_file_of_a_page_is_cached_permanently(web: str, page: str) -> None:
    addresses = addresses_on(Browser().get(web + page).read().decode())
    assert len(addresses) >= 3
    for address in addresses:
        assert f"/static/{settings.STATIC_VERSION}/" in address
        assert_is_cached_permanently(urljoin(web, address))


def test_an_imported_module_is_cached_permanently(web: str) -> None:
    importing = f"{web}{settings.STATIC_URL}task/js/pages/users.js"
    imported = re.findall(r'from "(\.\.?/[^"]+)"', assert_is_cached_permanently(importing))
    assert imported
    for relative in imported:
        assert_is_cached_permanently(urljoin(importing, relative))


@pytest.mark.parametrize("version", ["0123456789ab/", ""])
def test_a_page_loaded_before_an_upgrade_is_redirected_to_the_current_files(web: str, version: str) -> None:
    response = Browser().get(f"{web}/static/{version}task/js/pages/users.js")
    assert response.status == 200
    assert response.url == f"{web}{settings.STATIC_URL}task/js/pages/users.js"


@pytest.mark.parametrize("version", ["0123456789ab", settings.STATIC_VERSION])
@pytest.mark.parametrize("path", ["task/js/no such.js", "../manage.py", "/example.org/x"])
def test_a_missing_file_is_not_found(web: str, version: str, path: str) -> None:
    address = f"{web}/static/{version}/{path}".replace(" ", "%20")
    assert Browser().get(address).status == 404


def test_favicon_ico_returns_the_icon(web: str) -> None:
    response = Browser().send(Request(f"{web}/favicon.ico"))
    assert response.headers["Content-Type"] == "image/svg+xml"
