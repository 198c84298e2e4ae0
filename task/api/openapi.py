"""The OpenAPI document beyond the types: the problems of each operation, query parameters, and access to the docs."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse

from task.api.auth import authorise
from task.api.errors import CODES, MEDIA_TYPE, Problem, response_of

ALWAYS = ("not_signed_in", "not_allowed", "internal", "unavailable")
WRITING = ("csrf", "length_required", "too_large", "unsupported_media_type")
PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}

View = Callable[..., HttpResponse]


def problems(*codes: str) -> dict[str, Any]:
    """Returns `openapi_extra` with a response per status, for these codes and the ones that are always possible."""
    by_status: dict[int, list[str]] = {}
    for code in (*codes, *ALWAYS):
        by_status.setdefault(CODES[code], []).append(f"`{code}`")
    return {
        "responses": {
            status: {"description": ", ".join(names), "content": PROBLEM} for status, names in by_status.items()
        }
    }


def self_authorised(*codes: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    """Returns `openapi_extra` of an async operation, which authorises its caller and reads its query string itself."""
    security: list[dict[str, list[str]]] = [{"ByToken": []}, {"BySession": []}]
    return problems(*codes) | {"security": security, "parameters": parameters}


def parameter(name: str, description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """An optional query parameter that the operation reads itself."""
    return {"in": "query", "name": name, "required": False, "description": description, "schema": dict(schema)}


def signed_in_only(view: View) -> View:
    """Requires sign-in for the docs page and its document. Browsers are redirected, other clients get the problem."""

    @wraps(view)
    def guarded(request: HttpRequest, **arguments: Any) -> HttpResponse:
        try:
            authorise(request)
        except Problem as problem:
            wants_page = "text/html" in request.headers.get("Accept", "") and "Authorization" not in request.headers
            return redirect_to_login(request.get_full_path()) if wants_page else response_of(problem)
        return view(request, **arguments)

    return guarded
