"""Redirects static files of other versions, and shows the page for a server error."""

import sys
from contextlib import suppress
from urllib.parse import quote

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template import loader
from django.views.decorators.http import require_safe
from django.views.defaults import server_error

RETRY_SECONDS = 5


@require_safe
def to_static_file(request: HttpRequest, path: str, version: str | None = None) -> HttpResponse:
    """Redirects to the file's current URL, for pages that another release served during an upgrade.

    Raises Http404 for the current version, because web.static_files has already served every file that exists, and for
    a path that is no file, so that no path leads to another host.
    """
    if version == settings.STATIC_VERSION or not is_static_file(path):
        raise Http404
    return redirect(settings.STATIC_URL + quote(path))


def is_static_file(path: str) -> bool:
    with suppress(SuspiciousFileOperation):  # a path out of the folders of static files
        return finders.find(path) is not None
    return False


def server_error_page(request: HttpRequest) -> HttpResponse:
    """Django's `handler500`: answers 503 with Retry-After if the database is unavailable, else 500.

    Django calls it while it handles the exception. Under /api/ task.api.middleware replaces the page with JSON.
    """
    if not isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return server_error(request)
    response = HttpResponse(loader.render_to_string("503.html"), status=503)
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response
