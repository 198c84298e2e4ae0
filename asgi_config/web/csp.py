"""The Content-Security-Policy header, the same on every response: scripts and styles only from this host's files."""

from django.http import HttpRequest

from realtime.middleware import Steps, middleware

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)


@middleware
def content_security_policy(request: HttpRequest) -> Steps:
    response = yield
    response.headers.setdefault("Content-Security-Policy", POLICY)
    return response
