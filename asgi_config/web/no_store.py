"""The header `Cache-Control: no-store` on every response but static files, which are answered by an earlier middleware.

Pages show names and e-mail addresses. A shared cache, or the browser after a sign-out, must not show them again.
"""

from django.http import HttpRequest

from realtime.middleware import Steps, middleware


@middleware
def no_store(request: HttpRequest) -> Steps:
    """Replaces the header of a view, because a weaker one, such as `max-age=0`, lets the browser keep the page."""
    response = yield
    response.headers["Cache-Control"] = "no-store"
    return response
