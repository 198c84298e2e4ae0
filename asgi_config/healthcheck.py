"""Exits with 0 if a URL answers 200: `python -m asgi_config.healthcheck http://127.0.0.1:8000/health/live`.

For images without curl. It ignores proxies and loads no settings, so it takes 0.2 s.
"""

import http.client
import sys
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 4


def main() -> None:
    if len(sys.argv) != 2 or not sys.argv[1].startswith("http://"):
        sys.exit("Usage: python -m asgi_config.healthcheck http://HOST:PORT/PATH")
    url = urlsplit(sys.argv[1])
    try:
        connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=TIMEOUT_SECONDS)
        connection.request("GET", url._replace(scheme="", netloc="", fragment="").geturl())
        status = connection.getresponse().status
    except (OSError, ValueError, http.client.HTTPException) as error:
        sys.exit(f"{sys.argv[1]} does not answer: {error!r}")
    if status != 200:
        sys.exit(f"{sys.argv[1]} answers {status}.")


if __name__ == "__main__":
    main()
