"""The page that shows the API, and its OpenAPI document: for those who are signed in, as the API itself."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse

from task.api.answers import response_of
from task.api.auth import authorise
from task.api.errors import Problem

View = Callable[..., HttpResponse]


def for_callers(view: View) -> View:
    """A browser that is not signed in is asked to; whoever asks for JSON is told so."""

    @wraps(view)
    def guarded(request: HttpRequest, **arguments: Any) -> HttpResponse:
        try:
            authorise(request)
        except Problem as problem:
            wants_page = "text/html" in request.headers.get("Accept", "") and "Authorization" not in request.headers
            return redirect_to_login(request.get_full_path()) if wants_page else response_of(problem)
        return view(request, **arguments)

    return guarded
