"""Addresses of static files of other versions lead to the current file, and to no other place."""

import pytest
from django.conf import settings
from django.http import Http404
from django.test import RequestFactory

from asgi_config.web.views import to_static_file

SCRIPT = "task/js/pages/users.js"
OLD = "0123456789ab"
HOSTILE = [
    "http://evil.example/x",
    "https:evil.example",
    "//evil.example/x",
    "/\\evil.example/x",
    "\\\\evil.example\\x",
    "javascript:alert(1)",
    "../../accounts/logout/",
    "task/../../../manage.py",
    "/etc/passwd",
    "task/js/\0.js",
    "no-such-file.js",
]


@pytest.mark.parametrize("version", [OLD, None])
def test_a_file_of_another_version_leads_to_the_current_one(version: str | None) -> None:
    answer = to_static_file(RequestFactory().get("/"), path=SCRIPT, version=version)
    assert (answer.status_code, answer["Location"]) == (302, f"{settings.STATIC_URL}{SCRIPT}")


@pytest.mark.parametrize("path", HOSTILE)
def test_a_path_that_is_no_static_file_leads_nowhere(path: str) -> None:
    with pytest.raises(Http404):
        to_static_file(RequestFactory().get("/"), path=path, version=OLD)
