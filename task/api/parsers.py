"""Reads request bodies and query strings: JSON only, with a known length of at most 64 KiB."""

import json
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser

from task.api.errors import Problem

MOST_BYTES = 64 * 1024
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def require_json_body(request: HttpRequest) -> None:
    """Raises Problem for any other body. Must run before the body is read.

    Django would otherwise keep all of a body without a length, and parse forms.
    """
    if request.method not in UNSAFE:
        return
    length = request.META.get("CONTENT_LENGTH", "")
    if not length and "Transfer-Encoding" in request.headers:
        raise Problem("length_required", "Send the body with a Content-Length.")
    if length.isdigit() and int(length) > MOST_BYTES:
        raise Problem("too_large", f"The body is too large: send {MOST_BYTES} bytes or fewer.")
    if length not in {"", "0"} and request.content_type != "application/json":
        raise Problem("unsupported_media_type", "Send JSON, with Content-Type: application/json.")


class JsonParser(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        return json.loads(request.body, parse_float=_number, parse_constant=_refuse_constant)

    def parse_querydict(self, data: Any, list_fields: list[str], request: HttpRequest) -> dict[str, Any]:
        """Ignores parameters without a value."""
        given = super().parse_querydict(data, list_fields, request)
        return {name: value for name, value in given.items() if value != ""}


def _number(text: str) -> int | float:
    """Reads 500.0 as the integer 500, because JSON Schema counts it as one and some clients write it so."""
    number = float(text)
    return int(number) if number.is_integer() else number


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON.")
