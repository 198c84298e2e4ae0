"""Refusals of a web process for requests that it cannot read: a status and one sentence.

Twisted closes the connection without any answer if a line is too long, and answers 400 without a word to the rest.
"""

# ruff: noqa: N802 (Twisted's names)

import json
from http import HTTPStatus
from typing import Any

from twisted.web.http import HTTPChannel, _GenericHTTPChannelProtocol

LINGER_SECONDS = 2

REASONS = {
    HTTPStatus.BAD_REQUEST: ("bad_request", "Malformed request: check the request line and the headers."),
    HTTPStatus.REQUEST_URI_TOO_LONG: ("uri_too_long", "The address is too long: send at most 16 KiB."),
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: (
        "headers_too_large",
        "The headers are too large: send at most 16 KiB in 500 lines. Delete this site's cookies if they are too many.",
    ),
}


class RefusingChannel(HTTPChannel):
    """Reads on for LINGER_SECONDS after a refusal, because a reset would take the answer from a client that sends."""

    transport: Any
    _path: Any
    _is_refused = False

    def dataReceived(self, data: bytes) -> None:
        if not self._is_refused:
            super().dataReceived(data)  # type: ignore[no-untyped-call]

    def lineReceived(self, line: bytes) -> bool:
        """Returns whether LineReceiver must stop."""
        super().lineReceived(line)  # type: ignore[no-untyped-call]
        return self._is_refused

    def lineLengthExceeded(self, line: bytes) -> bool:
        is_request_line = not hasattr(self, "_path")
        self._refuse(
            HTTPStatus.REQUEST_URI_TOO_LONG if is_request_line else HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
            path=line.partition(b" ")[2] if is_request_line else self._path,
        )
        return True

    def _respondToBadRequestAndDisconnect(self) -> None:
        is_too_large = self._receivedHeaderSize > self.totalHeadersSize or self._receivedHeaderCount > self.maxHeaders
        self._refuse(
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE if is_too_large else HTTPStatus.BAD_REQUEST,
            path=getattr(self, "_path", b""),
        )

    def _refuse(self, status: HTTPStatus, *, path: bytes) -> None:
        if not self._is_refused:
            self._is_refused = True
            self.transport.write(answer(status, path=path))
            self.transport.loseWriteConnection()
            self.setTimeout(LINGER_SECONDS)  # type: ignore[no-untyped-call]


def answer(status: HTTPStatus, *, path: bytes) -> bytes:
    """Returns a whole response: problem+json for the API, text for other addresses."""
    code, detail = REASONS[status]
    kind, body = "text/plain; charset=utf-8", f"{detail}\n"
    if path.startswith(b"/api/"):
        kind = "application/problem+json"
        body = json.dumps(
            {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail, "code": code}
        )
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    )
    return f"{head}{body}".encode()


def build_channel() -> Any:
    """Returns the protocol of a new connection, as Twisted's HTTPFactory makes it from its own HTTPChannel."""
    return _GenericHTTPChannelProtocol(RefusingChannel())  # type: ignore[no-untyped-call]
