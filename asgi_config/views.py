"""The page behind a one-time link."""

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from asgi_config.links import use_link


@require_safe
def sign_in_by_link(request: HttpRequest) -> HttpResponse:
    """HEAD does not use the link up: programs that preview an address send it."""
    user = use_link(token=request.GET.get("token", "")) if request.method == "GET" else None
    if user:
        login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
        response: HttpResponse = redirect("users_list")
    elif request.method == "HEAD":
        response = HttpResponse()
    else:
        response = render(request, "task/link_expired.html", status=403)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
