"""The version in the address of every static file changes with a change of any file."""

import re
from pathlib import Path

import django
import ninja
from django.contrib.staticfiles import finders

from asgi_config.installation import ROOT
from asgi_config.web.static_version import version_of

STATIC = ROOT / "static"


def test_changing_renaming_or_adding_a_file_changes_every_address(tmp_path: Path) -> None:
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


def test_the_same_files_have_the_same_version_in_any_folder(tmp_path: Path) -> None:
    for host in ("one", "two"):
        (tmp_path / host).mkdir()
        (tmp_path / host / "a.js").write_text("1")
    assert version_of(tmp_path / "one", release="1") == version_of(tmp_path / "two", release="1")


def test_every_static_file_counts_in_the_version() -> None:
    """A package with static files of its own must have its release in the version."""
    folders = (STATIC, Path(django.__file__).parent, Path(ninja.__file__).parent)
    for finder in finders.get_finders():
        for path, storage in finder.list([]):
            assert any(Path(storage.path(path)).is_relative_to(folder) for folder in folders)


def test_every_import_is_relative_so_that_it_follows_the_version() -> None:
    imports = [found for file in STATIC.rglob("*.js") for found in re.findall(r'from "([^"]+)"', file.read_text())]
    assert imports
    assert all(address.startswith(("./", "../")) for address in imports)
