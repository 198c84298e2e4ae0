"""/health/live, /health/ready and /metrics.

The first middleware rather than views, because load balancers and containers use any Host header and no TLS: neither
ALLOWED_HOSTS nor the redirect to HTTPS may stop them. These endpoints need no session.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from asgi_config.monitoring import metrics, probes
from asgi_config.monitoring.access import has_monitoring_access
from realtime.middleware import Steps, middleware


@middleware
def health(request: HttpRequest) -> Steps:
    if request.path_info in ENDPOINTS:
        return answer(request)
    return (yield)


async def answer(request: HttpRequest) -> HttpResponse:
    if request.method in ("GET", "HEAD"):
        response = await ENDPOINTS[request.path_info](request)
    else:
        response = HttpResponse("Method not allowed: use GET.\n", status=405, content_type="text/plain")
        response.headers["Allow"] = "GET, HEAD"
    response.headers["Content-Length"] = str(len(response.content))
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


async def live(request: HttpRequest) -> HttpResponse:
    """Checks nothing but this process, because a restart would not bring back a database or Redis."""
    return _json({"status": "live"}, 200)


async def ready(request: HttpRequest) -> HttpResponse:
    """Answers 200 if every needed part answers, else 503. `?need=database` (repeatable) selects the parts."""
    needed = request.GET.getlist("need") or probes.NEEDED
    if not set(needed) <= set(probes.PARTS):
        return _json({"status": f"unknown need: use one of {', '.join(probes.PARTS)}."}, 400)
    answers = await probes.probe(needed)
    is_ready = all(answer.is_well for answer in answers)
    content: dict[str, Any] = {"status": "ready" if is_ready else "not ready"}
    if has_monitoring_access(request):
        content["parts"] = {answer.part: answer.shown() for answer in answers}
    return _json(content, 200 if is_ready else 503)


def _json(content: dict[str, Any], status: int) -> HttpResponse:
    return HttpResponse(f"{json.dumps(content)}\n", content_type="application/json", status=status)


ENDPOINTS: dict[str, Callable[[HttpRequest], Awaitable[HttpResponse]]] = {
    "/health/live": live,
    "/health/ready": ready,
    "/metrics": metrics.metrics_view,
}
