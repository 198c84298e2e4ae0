"""The three addresses for machines that watch over this one: /health/live, /health/ready and /metrics.

A middleware and the first of all, not views: a balancer or a container asks by whatever name it knows, without TLS, and
neither ALLOWED_HOSTS nor the redirect to HTTPS may stand in its way. Nothing here needs a session.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import async_to_sync, iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

from asgi_config.monitoring import metrics, probes
from asgi_config.monitoring.access import has_monitoring_access

Middleware = Callable[[HttpRequest], HttpResponse] | Callable[[HttpRequest], Awaitable[HttpResponse]]


@sync_and_async_middleware
def health(get_response: Any) -> Middleware:
    async def async_middleware(request: HttpRequest) -> HttpResponse:
        return await answer(request) if request.path_info in PLACES else await get_response(request)

    def middleware(request: HttpRequest) -> HttpResponse:
        return async_to_sync(answer)(request) if request.path_info in PLACES else get_response(request)

    return async_middleware if iscoroutinefunction(get_response) else middleware


async def answer(request: HttpRequest) -> HttpResponse:
    if request.method in ("GET", "HEAD"):
        response = await PLACES[request.path_info](request)
    else:
        response = HttpResponse("Ask with GET.\n", status=405, content_type="text/plain")
        response.headers["Allow"] = "GET, HEAD"
    response.headers["Content-Length"] = str(len(response.content))
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


async def live(request: HttpRequest) -> HttpResponse:
    """That this process answers is all that it says: what it needs may be away, which no restart of it would cure."""
    return _json({"status": "live"}, 200)


async def ready(request: HttpRequest) -> HttpResponse:
    """Whether all that is needed answers; `?need=database` asks for that part only, and may be repeated."""
    needed = request.GET.getlist("need") or probes.NEEDED
    if not set(needed) <= set(probes.PARTS):
        return _json({"status": f"unknown: need is one of {', '.join(probes.PARTS)}."}, 400)
    answers = await probes.ask(needed)
    is_ready = all(answer.is_well for answer in answers)
    content: dict[str, Any] = {"status": "ready" if is_ready else "not ready"}
    if has_monitoring_access(request):
        content["parts"] = {answer.part: answer.shown() for answer in answers}
    return _json(content, 200 if is_ready else 503)


def _json(content: dict[str, Any], status: int) -> HttpResponse:
    return HttpResponse(f"{json.dumps(content)}\n", content_type="application/json", status=status)


PLACES: dict[str, Callable[[HttpRequest], Awaitable[HttpResponse]]] = {
    "/health/live": live,
    "/health/ready": ready,
    "/metrics": metrics.show,
}
