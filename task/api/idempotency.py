"""Idempotency keys: derives the request id by which a repeated request gets the same job."""

import re
from uuid import UUID, uuid5

from task.api.errors import Problem

NAMESPACE = UUID("5b97dce5-9ce1-4888-8724-5a9f6cc744e8")
LONGEST_KEY = 255
UUID_TEXT = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def request_id_of(*, key: str | None, given: UUID | None, user_id: object) -> UUID | None:
    """Returns the request id for the Idempotency-Key and the body's `request_id`; None without either.

    A key that is a UUID is the request id itself. Other text is hashed with the user's id, so that the same text of two
    users gives two ids. Request ids are unique for each user only. Raises Problem for an unusable key, or if the two
    disagree.
    """
    if key is None:
        return given
    if not 1 <= len(key) <= LONGEST_KEY:
        raise Problem.invalid("Idempotency-Key", f"Idempotency-Key must have 1 to {LONGEST_KEY} characters.")
    request_id = UUID(key) if UUID_TEXT.fullmatch(key) else uuid5(NAMESPACE, f"{user_id}:{key}")
    if given not in (None, request_id):
        raise Problem.invalid(
            "Idempotency-Key", "Idempotency-Key and request_id name different requests: send one of them."
        )
    return request_id
