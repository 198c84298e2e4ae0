"""The request id of an API request, from its idempotency key or its body."""

from uuid import UUID, uuid4

import pytest

from task.api.errors import Problem
from task.api.idempotency import request_id_of

GIVEN = UUID(int=5)


def test_a_request_without_key_and_request_id_has_none() -> None:
    assert request_id_of(key=None, given=None, user_id=1) is None


def test_a_request_id_without_a_key_is_used() -> None:
    assert request_id_of(key=None, given=GIVEN, user_id=1) == GIVEN


@pytest.mark.parametrize("text", [str(GIVEN), str(GIVEN).upper()])
def test_a_key_that_is_a_uuid_is_used_unchanged(text: str) -> None:
    assert request_id_of(key=text, given=None, user_id=1) == GIVEN


@pytest.mark.parametrize("text", ["nightly", "a b", GIVEN.hex, "ä", "x" * 255])
def test_a_key_of_other_text_gives_each_user_a_different_request_id(text: str) -> None:
    mine = request_id_of(key=text, given=None, user_id=1)
    assert isinstance(mine, UUID)
    assert mine == request_id_of(key=text, given=None, user_id=1)
    assert mine != request_id_of(key=text, given=None, user_id=2)


@pytest.mark.parametrize("text", ["", "x" * 256])
def test_a_key_that_is_empty_or_too_long_is_refused(text: str) -> None:
    with pytest.raises(Problem, match="1 to 255"):
        request_id_of(key=text, given=None, user_id=1)


def test_a_key_and_a_request_id_must_agree() -> None:
    assert request_id_of(key=str(GIVEN), given=GIVEN, user_id=1) == GIVEN
    with pytest.raises(Problem, match="different requests"):
        request_id_of(key=str(GIVEN), given=uuid4(), user_id=1)
