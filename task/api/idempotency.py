"""The name of a request, by which asking twice asks once. Pure."""

import re
from uuid import UUID, uuid5

NAMESPACE = UUID("5b97dce5-9ce1-4888-8724-5a9f6cc744e8")
LONGEST_KEY = 255
UUID_TEXT = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Disagreement(ValueError):
    """The key in the header is not the request_id in the body, or it cannot be used; the text says what to do."""


def request_id_of(*, key: str | None, given: UUID | None, user_id: object) -> UUID | None:
    """The request_id that an Idempotency-Key stands for; None if neither was given.

    A UUID is taken as it is. Other text is one person's own: the same text of two people are two requests.
    """
    if key is None:
        return given
    if not 1 <= len(key) <= LONGEST_KEY:
        raise Disagreement(f"Idempotency-Key must have 1 to {LONGEST_KEY} characters.")
    named = UUID(key) if UUID_TEXT.fullmatch(key) else uuid5(NAMESPACE, f"{user_id}:{key}")
    if given not in (None, named):
        raise Disagreement("Idempotency-Key and request_id name different requests: send one of them.")
    return named
