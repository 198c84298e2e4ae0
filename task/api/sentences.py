"""What a validator dislikes about a value, in one sentence each. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

SHOWN_CHARACTERS = 60

WORDS: Mapping[str, str] = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "must be a whole number with fewer digits",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "uuid_type": "must be a UUID",
    "uuid_parsing": "must be a UUID",
    "string_type": "must be text",
    "string_too_long": "must have {max_length} characters or fewer",
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": "has a character that cannot be used",
    "enum": "must be {expected}",
    "literal_error": "must be {expected}",
    "model_type": "must be a JSON object",
    "model_attributes_type": "must be a JSON object",
    "dict_type": "must be a JSON object",
}


def errors_of(found: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """`field` and `detail` of each error that pydantic found; the field is its path, `options.remove_after_hours`."""
    return [{"field": (field := _field(error["loc"])), "detail": _detail(field, error)} for error in found]


def _field(location: Sequence[object]) -> str:
    """Without where it came from (`query`, `body`) and the name of our own parameter."""
    source, *path = location
    if source == "body":
        path = path[1:]
    return ".".join(str(step)[:SHOWN_CHARACTERS] for step in path) or "body"


def _detail(field: str, error: Mapping[str, Any]) -> str:
    words = WORDS.get(error["type"], "cannot be used")
    subject = "The body" if field == "body" else field
    return f"{subject} {words.format(**error.get('ctx', {}))}."
