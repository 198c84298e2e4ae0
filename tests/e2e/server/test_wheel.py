"""The wheel holds every file of the product, and `arrivals live` of an installed wheel serves the site."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.support.clients.browser import Browser
from tests.support.services.service import ROOT, Service

PACKAGES = ("asgi_config", "realtime", "task")
NOT_SHIPPED = {"__pycache__"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    return next(folder.glob("arrivals-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an installation; its dependencies are those of this environment."""
    folder = tmp_path_factory.mktemp("installed")
    pip("install", "--target", str(folder), str(wheel))
    return folder


@pytest.fixture
def service(installed: Path) -> Iterator[Service]:
    environment = {"PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"}
    with Service(command=[sys.executable, str(installed / "bin" / "arrivals")], environment=environment) as running:
        yield running


def pip(command: str, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", command, "--quiet", "--no-deps", "--no-index", *arguments],
        check=True,
        timeout=300,
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )


def files_of(folder: str) -> set[str]:
    """Returns the paths below a top-level folder of the checkout."""
    paths = (path for path in (ROOT / folder).rglob("*") if path.is_file() and not NOT_SHIPPED & {*path.parts})
    return {path.relative_to(ROOT / folder).as_posix() for path in paths}


def test_the_wheel_holds_every_module_template_and_static_file(wheel: Path) -> None:
    shipped = set(ZipFile(wheel).namelist())
    modules = {f"{package}/{path}" for package in PACKAGES for path in files_of(package)}
    static = {f"{path.partition('/')[0]}/static/{path}" for path in files_of("static")}
    templates = {path if "/" in path else f"asgi_config/{path}" for path in files_of("templates")}
    of_task = {f"task/templates/{path}" for path in templates if path.startswith(("task/", "admin/"))}
    of_site = {path.replace("/", "/templates/", 1) for path in templates if path.startswith("asgi_config/")}
    expected = modules | static | of_task | of_site
    assert expected - shipped == set()
    assert {name for name in shipped - expected if ".dist-info/" not in name} == set()


def test_arrivals_live_of_the_wheel_shows_accounts_on_a_styled_page(service: Service, installed: Path) -> None:
    browser = Browser()
    page = browser.use_link(service.link)
    assert page.url == f"{service.address}/users/"
    for static in ("task/css/page.css", "task/js/pages/users.js", "realtime/connection.js", "admin/css/base.css"):
        assert browser.get(f"{service.address}/static/{static}").status == 200
    where = service.manage("shell", "-v0", "-c", "import task; print(task.__file__)").stdout
    assert where.startswith(str(installed))
    assert service.manage("generate", "50", "--follow").returncode == 0
    assert service.manage("verify", "1").returncode == 0
