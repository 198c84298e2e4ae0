"""Redirects static files of other versions, and shows the page for a server error."""

import sys

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template import loader
from django.templatetags.static import static
from django.views.decorators.http import require_safe
from django.views.defaults import server_error

from task.database.errors import UNAVAILABLE

RETRY_SECONDS = 5


@require_safe
def to_static_file(request: HttpRequest, path: str, version: str | None = None) -> HttpResponse:
    """Redirects to the file's current URL, for pages that another release served during an upgrade.

    Raises Http404 for the current version, because web.static_files has already served every file that exists.
    """
    if version == settings.STATIC_VERSION:
        raise Http404
    return redirect(static(path))


def server_error_page(request: HttpRequest) -> HttpResponse:
    """Django's `handler500`: answers 503 with Retry-After if the database is unavailable, else 500.

    Django calls it while it handles the exception. Under /api/ task.api.middleware replaces the page with JSON.
    """
    if not isinstance(sys.exc_info()[1], UNAVAILABLE):
        return server_error(request)
    response = HttpResponse(loader.render_to_string("503.html"), status=503)
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response
