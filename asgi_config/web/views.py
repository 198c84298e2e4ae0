"""Redirects static files of other versions, and shows the pages for errors, wrong hosts and wrong origins."""

import sys
from contextlib import suppress
from urllib.parse import quote

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import DisallowedHost, SuspiciousFileOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import REASON_BAD_ORIGIN
from django.shortcuts import redirect, render
from django.template import loader
from django.views.decorators.http import require_safe
from django.views.defaults import server_error

from task.database.errors import is_unavailable

RETRY_SECONDS = 5
LONGEST_NAME = 260


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
    """Django's `handler400`. Says what to set if the service is reached by a name that it does not know.

    Answers 503 if the database refused to save the session, which Django reports as a bad request.
    """
    if is_unavailable(exception):
        return _unavailable_page()
    host = request.META.get("HTTP_HOST", "") if isinstance(exception, DisallowedHost) else ""
    return render(request, "400.html", {"host": host if len(host) < LONGEST_NAME else ""}, status=400)


def csrf_failure_page(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Says what to set behind a tunnel, where the browser shows another address (Origin) than arrives here (Host)."""
    origin = request.headers.get("Origin", "")
    is_wrong = reason == REASON_BAD_ORIGIN % origin and "://" in origin and len(origin) < LONGEST_NAME
    return render(request, "403_csrf.html", {"origin": origin if is_wrong else ""}, status=403)


def _unavailable_page() -> HttpResponse:
    response = HttpResponse(loader.render_to_string("503.html"), status=503)
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response
