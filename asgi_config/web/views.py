"""The page behind a one-time link, the way to a static file at a former address, and what is said of errors of ours."""

import sys

from django.conf import settings
from django.contrib.auth import login
from django.db import InterfaceError, OperationalError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template import loader
from django.templatetags.static import static
from django.views.decorators.http import require_safe
from django.views.defaults import server_error

from asgi_config.sign_in.links import use_link

RETRY_SECONDS = 5


@require_safe
def sign_in_by_link(request: HttpRequest) -> HttpResponse:
    """HEAD does not use the link up: programs that preview an address send it."""
    if request.method == "GET" and _sign_in(request, token=request.GET.get("token", "")):
        response: HttpResponse = redirect("home")
    elif request.method == "HEAD":
        response = HttpResponse()
    else:
        response = render(request, "task/link_expired.html", status=403)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@transaction.atomic
def _sign_in(request: HttpRequest, *, token: str) -> bool:
    """False for a link that is of no use.

    One transaction: on SQLite each write waits for the writer by itself, and these are three.
    """
    user = use_link(token=token)
    if user:
        login(request, user, backend=settings.MODEL_BACKEND)
    return user is not None


@require_safe
def to_static_file(request: HttpRequest, path: str, version: str | None = None) -> HttpResponse:
    """A page that was open during an upgrade, or came from a host that has it already, asks for another version.

    Files of the present version are served before any view is asked: one that comes here does not exist.
    """
    if version == settings.STATIC_VERSION:
        raise Http404
    return redirect(static(path))


def server_error_page(request: HttpRequest) -> HttpResponse:
    """Django calls it while it handles the error. A database that is away, or full, is said as such: it passes.

    Under /api/ task.api.middleware words it from the status.
    """
    if not isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return server_error(request)
    response = HttpResponse(loader.render_to_string("503.html"), status=503)
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response
