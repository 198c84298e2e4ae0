"""Static files are kept by browsers for good, and an upgrade leaves nothing stale."""

import re
from pathlib import Path
from urllib.parse import urljoin
from urllib.request import Request

import pytest
from django.conf import settings

from tests.support.browser import Browser

YEAR_SECONDS = 365 * 24 * 3600
STATIC = Path(settings.BASE_DIR) / "static"


def addresses_on(page: str) -> set[str]:
    return set(re.findall(r'(?:href|src)="([^"]+\.(?:css|js|svg))"', page))


def assert_is_kept_for_good(address: str) -> str:
    response = Browser().get(address)
    kept = response.headers["Cache-Control"]
    assert response.status == 200
    assert "immutable" in kept
    assert int(re.findall(r"max-age=(\d+)", kept)[0]) >= YEAR_SECONDS
    return response.read().decode()


@pytest.mark.parametrize("page", ["/accounts/login/", "/admin/login/"])
def test_all_that_a_page_loads_is_kept_for_good(web: str, page: str) -> None:
    addresses = addresses_on(Browser().get(web + page).read().decode())
    assert len(addresses) >= 3
    for address in addresses:
        assert f"/static/{settings.STATIC_VERSION}/" in address
        assert_is_kept_for_good(urljoin(web, address))


def test_a_module_that_only_another_one_imports_is_kept_for_good(web: str) -> None:
    importing = f"{web}{settings.STATIC_URL}task/js/pages/users.js"
    imported = re.findall(r'from "(\.\.?/[^"]+)"', assert_is_kept_for_good(importing))
    assert imported
    for relative in imported:
        assert_is_kept_for_good(urljoin(importing, relative))


@pytest.mark.parametrize("version", ["0123456789ab/", ""])
def test_a_page_from_before_an_upgrade_is_led_to_the_present_files(web: str, version: str) -> None:
    response = Browser().get(f"{web}/static/{version}task/js/pages/users.js")
    assert response.status == 200
    assert response.url == f"{web}{settings.STATIC_URL}task/js/pages/users.js"


@pytest.mark.parametrize("version", ["0123456789ab", settings.STATIC_VERSION])
@pytest.mark.parametrize("path", ["task/js/no such.js", "../manage.py", "/example.org/x"])
def test_a_file_that_does_not_exist_is_not_found(web: str, version: str, path: str) -> None:
    address = f"{web}/static/{version}/{path}".replace(" ", "%20")
    assert Browser().get(address).status == 404


def test_a_browser_that_asks_for_an_icon_by_itself_gets_one(web: str) -> None:
    response = Browser().send(Request(f"{web}/favicon.ico"))
    assert response.headers["Content-Type"] == "image/svg+xml"
