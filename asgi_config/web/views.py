"""Redirects static files of other versions, and shows the pages for errors."""

import sys
from contextlib import suppress
from urllib.parse import quote

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template import loader
from django.views.decorators.http import require_safe
from django.views.defaults import bad_request, server_error

from task.database.errors import is_unavailable

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
    return _unavailable_page() if is_unavailable(sys.exc_info()[1]) else server_error(request)


def bad_request_page(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's `handler400`: answers 503 if the database refused to save the session, which Django reports as 400."""
    return _unavailable_page() if is_unavailable(exception) else bad_request(request, exception)


def _unavailable_page() -> HttpResponse:
    response = HttpResponse(loader.render_to_string("503.html"), status=503)
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response
