"""Static files are kept by browsers for good, and an upgrade leaves nothing stale."""

import re
from pathlib import Path
from urllib.parse import urljoin
from urllib.request import Request

import django
import ninja
import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from asgi_config.web.static_version import version_of
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


def test_every_import_is_relative_so_that_it_follows_the_version() -> None:
    imports = [found for file in STATIC.rglob("*.js") for found in re.findall(r'from "([^"]+)"', file.read_text())]
    assert imports
    assert all(address.startswith(("./", "../")) for address in imports)


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


def test_a_changed_a_renamed_and_an_added_file_each_change_every_address(tmp_path: Path) -> None:
    (tmp_path / "js").mkdir()
    file = tmp_path / "js" / "a.js"
    file.write_text("1")
    versions = [version_of(tmp_path, release="1")]
    file.write_text("2")
    versions.append(version_of(tmp_path, release="1"))
    file.rename(tmp_path / "js" / "b.js")
    versions.append(version_of(tmp_path, release="1"))
    (tmp_path / "c.css").touch()
    versions += [version_of(tmp_path, release="1"), version_of(tmp_path, release="2")]
    assert len(set(versions)) == 5


def test_the_same_files_have_the_same_version_wherever_they_lie(tmp_path: Path) -> None:
    for host in ("one", "two"):
        (tmp_path / host).mkdir()
        (tmp_path / host / "a.js").write_text("1")
    assert version_of(tmp_path / "one", release="1") == version_of(tmp_path / "two", release="1")


def test_no_static_file_comes_from_where_the_version_does_not_look() -> None:
    """A package that brings files of its own must have its release in the version."""
    places = (STATIC, Path(django.__file__).parent, Path(ninja.__file__).parent)
    for finder in finders.get_finders():
        for path, storage in finder.list([]):
            assert any(Path(storage.path(path)).is_relative_to(place) for place in places)
