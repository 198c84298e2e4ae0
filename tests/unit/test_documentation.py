"""The documentation names what there is: every setting, every command, every table, and no other."""

import json
import re
from pathlib import Path

from django.apps import apps

from asgi_config.monitoring.metric_table import METRICS
from task.api.errors import CODES
from task.api.urls import api

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text()
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text()
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
API = (ROOT / "docs" / "api.md").read_text()


def named_in_table(text: str) -> set[str]:
    return {name for row in re.findall(r"^\| (`[A-Z].*?) *\|", text, re.M) for name in re.findall(r"`([A-Z_]+)`", row)}


def test_readme_lists_every_variable_that_the_settings_read_and_no_other() -> None:
    sources = [(ROOT / "asgi_config" / name).read_text() for name in ("settings.py", "var_dir.py")]
    read = set(re.findall(r"environment\.\w+\(\s*\"([A-Z_]+)\"", "".join(sources)))
    assert named_in_table(README) == read


def test_readme_lists_every_command_and_no_other() -> None:
    commands = {
        path.stem
        for app in ("asgi_config", "realtime", "task")
        for path in (ROOT / app / "management" / "commands").glob("[a-z]*.py")
    }
    commands.remove("runserver")  # Django's own
    assert set(re.findall(r"^\| `manage\.py (\w+)", README, re.M)) == commands


def test_readme_shows_pictures_that_exist() -> None:
    pictures = re.findall(r'(?:src|srcset)="([^"]+)"', README)
    assert pictures
    assert all((ROOT / picture).is_file() for picture in pictures)


def test_every_link_between_the_documents_leads_somewhere() -> None:
    for page in [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")]:
        for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_architecture_names_every_constraint() -> None:
    for app in ("arrivals_feed", "arrivals", "asgi_config"):
        for model in apps.get_app_config(app).get_models():
            for constraint in model._meta.constraints:
                assert f"`{constraint.name}`" in ARCHITECTURE


def test_the_code_map_names_every_module_of_each_package_and_no_other() -> None:
    sections = re.split(r"^### ", ARCHITECTURE.partition("## Code map")[2], flags=re.M)[1:]
    of_package = {name: text for text in sections for name in re.findall(r"^`([\w/]+)/`", text)}
    for package in ("realtime", "task", "asgi_config", "static/js"):
        found = {path.name for path in (ROOT / package).rglob("*.*") if path.suffix in {".py", ".js"} if is_named(path)}
        named = {path.rpartition("/")[2] for path in re.findall(r"`([\w/]+\.(?:py|js))`", of_package[package])}
        assert named == found, package


def is_named(path: Path) -> bool:
    return path.name != "__init__.py" and not {"migrations", "management"} & {*path.parts}


def test_the_code_map_names_every_folder_of_tests() -> None:
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert set(re.findall(r"`tests/(\w+)/`", ARCHITECTURE)) == folders


def test_the_protocol_page_names_every_close_code_and_limit() -> None:
    source = (ROOT / "realtime" / "protocol.py").read_text()
    for code in re.findall(r"= (4\d\d\d)$", source, re.M):
        assert f"| {code} |" in PROTOCOL


def test_the_protocol_page_shows_a_snapshot_as_it_is() -> None:
    (example,) = re.findall(r'^\{"epoch".*?\]\}$', PROTOCOL, re.M | re.S)
    page, schemas = json.loads(example), api.get_openapi_schema()["components"]["schemas"]
    assert page.keys() == schemas["UserPage"]["properties"].keys()
    assert all(user.keys() == schemas["UserShown"]["properties"].keys() for user in page["items"])


def test_make_targets_in_the_documents_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for page in ("README.md", "CONTRIBUTING.md"):
        for target in re.findall(r"^make (\w+)", (ROOT / page).read_text(), re.M):
            assert re.search(rf"^{target}:", makefile, re.M), f"{page} names make {target}"


def test_the_api_page_names_every_code_beside_its_status() -> None:
    for code, status in CODES.items():
        assert re.search(rf"^\| {status} .*`{code}`", API, re.M), code


def test_the_api_page_names_every_path() -> None:
    for path in api.get_openapi_schema()["paths"]:
        written = path.replace("{job_id}", "{id}")
        assert re.search(rf"{re.escape(written)}[ ,]", API) or f".../{written.rpartition('/')[2]} " in API, written


def test_the_operations_page_explains_every_metric_and_no_other() -> None:
    rows = re.findall(r"^\| `(arrivals_\w+)` *\| (\w+) *\| (.*?) *\|", OPERATIONS, re.M)
    kinds = {name: of.kind(name, of.help).type for name, of in METRICS.items()}
    assert {name: kind for name, kind, _ in rows} == kinds
    assert {name: tuple(re.findall(r"`(\w+)`", labels)) for name, _, labels in rows} == {
        name: tuple(of.labels) for name, of in METRICS.items()
    }


def test_the_operations_page_has_a_remedy_for_every_check_and_no_other() -> None:
    """The first of them is no check that runs: without it the settings cannot be loaded."""
    files = ("settings.py", "checks/settings.py", "checks/deploy.py")
    sources = "".join((ROOT / "asgi_config" / name).read_text() for name in files)
    listed = re.findall(r"^\| (arrivals\.[A-Z]\d+) ", OPERATIONS, re.M)
    assert sorted(listed, key=lambda name: name[-3:]) == listed
    assert set(listed) == set(re.findall(r'(?:id="|\()(arrivals\.[A-Z]\d+)', sources))
