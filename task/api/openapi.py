"""What OpenAPI says of an operation beyond its types: the problems that it may answer with. Pure."""

from collections.abc import Mapping
from typing import Any

from task.api.errors import CODES, MEDIA_TYPE

ALWAYS = ("not_signed_in", "not_allowed", "internal", "unavailable")
WRITING = ("csrf", "length_required", "too_large", "unsupported_media_type")

PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}


def problems(*codes: str) -> dict[str, Any]:
    """For `openapi_extra`: the codes by their status, with those that every operation has."""
    by_status: dict[int, list[str]] = {}
    for code in (*codes, *ALWAYS):
        by_status.setdefault(CODES[code], []).append(f"`{code}`")
    return {
        "responses": {
            status: {"description": ", ".join(names), "content": PROBLEM} for status, names in by_status.items()
        }
    }


def parameter(name: str, description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """A query parameter that the operation reads by itself."""
    return {"in": "query", "name": name, "required": False, "description": description, "schema": dict(schema)}
