"""The documents name every existing setting, command, permission, constraint and folder, and no other."""

import json
import re
from pathlib import Path

import pytest
from django.apps import apps

from asgi_config.environment import REFUSED
from asgi_config.monitoring.metric_table import METRICS
from task.api.errors import CODES
from task.api.urls import api
from tests.support.services.service import ROOT

README = (ROOT / "README.md").read_text()
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text()
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
API = (ROOT / "docs" / "api.md").read_text()
DOCS = ROOT / "docs"
APPS = ("asgi_config", "realtime", "task")
# Django and Celery expect folders of these names, so a reader knows what they hold.
WELL_KNOWN_FOLDERS = {"__pycache__", "management", "migrations", "templatetags"}


@pytest.mark.parametrize(("page", "most_words"), [("README.md", 700), ("ARCHITECTURE.md", 1_800)])
def test_page_stays_within_its_word_limit(page: str, most_words: int) -> None:
    """Counted as `wc -w` does."""
    assert len((ROOT / page).read_text().split()) <= most_words


def test_readme_shows_pictures_that_exist() -> None:
    pictures = re.findall(r'(?:src|srcset)="([^"]+)"', README)
    assert pictures
    assert all((ROOT / picture).is_file() for picture in pictures)


def test_configuration_lists_every_variable_that_settings_read_and_no_other() -> None:
    sources = [(ROOT / "asgi_config" / name).read_text() for name in ("settings.py", "var_dir.py")]
    read = set(re.findall(r"environment\.\w+\(\s*\"([A-Z_]+)\"", "".join(sources)))
    rows = re.findall(r"^\| (`[A-Z].*?) *\|", (DOCS / "configuration.md").read_text(), re.M)
    assert {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)} == read


def test_commands_page_lists_every_command_with_its_exit_codes_and_no_other() -> None:
    commands = {path.stem for app in APPS for path in (ROOT / app / "management" / "commands").glob("[a-z]*.py")}
    commands.remove("runserver")  # Django's own
    page = (DOCS / "commands.md").read_text()
    assert set(re.findall(r"^\| `manage\.py (\w+)", page, re.M)) == commands
    assert set(re.findall(r"^\| `(\w+)` +\|", page, re.M)) == commands


def test_permissions_page_lists_every_permission_that_the_code_names_and_no_other() -> None:
    sources = [path.read_text() for app in APPS for path in (ROOT / app).rglob("*.py")]
    named = set(re.findall(r'"((?:arrivals|auth)\.[a-z_]+)"', "".join(sources)))
    assert set(re.findall(r"^\| `([a-z._]+)` +\|", (DOCS / "permissions.md").read_text(), re.M)) == named


def test_index_of_docs_links_every_page() -> None:
    links = {(DOCS / link).resolve() for link in links_of(DOCS / "README.md")}
    pages = {*DOCS.rglob("*.md"), *DOCS.glob("*.yaml")} - {DOCS / "README.md"}
    assert {page for page in pages if not links & {page, page.parent}} == set()


def test_every_link_between_documents_has_a_target() -> None:
    for page in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]:
        for link in links_of(page):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


@pytest.mark.parametrize("page", [*ROOT.glob("*.md"), *DOCS.rglob("*.md")], ids=lambda page: page.name)
def test_commands_in_the_documents_work_as_they_are_copied(page: Path) -> None:
    """Debian has no `python`, zsh reads a comment as arguments, and fish assigns variables with `set`."""
    for command in commands_of(page):
        assert not re.match(r"(python|celery) |\w+=\$|.* # ", command), command


def commands_of(page: Path) -> list[str]:
    """Returns the lines that begin with a program, of all blocks without a language."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", page.read_text(), re.M | re.S)
    programs = r"(?:make|sh|docker|curl|python3?|celery|node|cp|install|rm|sqlite3|psql|pg_\w+|redis-cli)\b"
    lines = [line for language, block in blocks if not language for line in block.splitlines()]
    return [line for line in lines if re.match(rf"{programs}|\.venv|docs/|[A-Z_]+=", line)]


def links_of(page: Path) -> list[str]:
    """Returns the targets of links to files of the repository, without their anchors."""
    return re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", page.read_text())


def test_architecture_names_every_constraint() -> None:
    for app in ("arrivals_feed", "arrivals", "asgi_config"):
        for model in apps.get_app_config(app).get_models():
            for constraint in model._meta.constraints:
                assert f"`{constraint.name}`" in ARCHITECTURE


def test_architecture_has_a_row_for_every_folder_of_code_and_no_other() -> None:
    table = ARCHITECTURE.partition("## Packages")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`.*?) *\|", table, re.M)
    assert {folder for cell in cells for folder in re.findall(r"`([\w/]+)/`", cell)} == folders_of_code()


def folders_of_code() -> set[str]:
    """Returns the apps, their folders, the folders of tests, and each folder with static files."""
    packages = [ROOT / app for app in APPS]
    inner = [folder for package in (*packages, ROOT / "tests") for folder in package.iterdir() if folder.is_dir()]
    static = [path.parent for path in (ROOT / "static").rglob("*.*")]
    found = [folder for folder in (*packages, *inner, *static) if folder.name not in WELL_KNOWN_FOLDERS]
    return {str(folder.relative_to(ROOT)) for folder in (*found, ROOT / "templates")}


def test_the_protocol_page_names_every_close_code_and_limit() -> None:
    source = (ROOT / "realtime" / "protocol.py").read_text()
    for code in re.findall(r"= (4\d\d\d)$", source, re.M):
        assert f"| {code} |" in PROTOCOL


def test_the_protocol_page_shows_a_snapshot_as_the_api_returns_it() -> None:
    (example,) = re.findall(r'^\{"epoch".*?\]\}$', PROTOCOL, re.M | re.S)
    page, schemas = json.loads(example), api.get_openapi_schema()["components"]["schemas"]
    assert page.keys() == schemas["UserPage"]["properties"].keys()
    assert all(user.keys() == schemas["UserShown"]["properties"].keys() for user in page["items"])


def test_make_targets_in_the_documents_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for page in ("README.md", "CONTRIBUTING.md"):
        for target in re.findall(r"^(?:\| `)?make ([\w-]+)", (ROOT / page).read_text(), re.M):
            assert re.search(rf"^{target}:", makefile, re.M), f"{page} names make {target}"


def test_the_api_page_names_every_code_next_to_its_status() -> None:
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
    """The first, E000, is not a registered check: loading the settings raises it."""
    files = ("settings.py", "checks/settings.py", "checks/deploy.py")
    sources = "".join((ROOT / "asgi_config" / name).read_text() for name in files)
    listed = re.findall(r"^\| (arrivals\.[A-Z]\d+) ", OPERATIONS, re.M)
    assert sorted(listed, key=lambda name: name[-3:]) == listed
    assert set(listed) == set(re.findall(r'(?:id="|\()(arrivals\.[A-Z]\d+)', sources))


def test_environment_page_lists_every_refused_variable_and_no_other() -> None:
    refused = (DOCS / "environment.md").read_text().partition("## Refused")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[A-Z].*?) *\|", refused, re.M)
    assert {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)} == {*REFUSED, "DJANGO_SETTINGS_MODULE"}


def test_commands_for_backup_and_restore_keep_other_users_out() -> None:
    section = OPERATIONS.partition("## Backup and restore")[2].partition("\n## ")[0]
    blocks = re.findall(r"^```\n(.*?)^```", section, re.M | re.S)
    writing = [block for block in blocks if re.search(r"/backup/\S+ var/|(INTO|--file=|>) ?'?/backup", block)]
    assert len(writing) == 3
    assert all(block.startswith("umask 077\n") for block in writing)
