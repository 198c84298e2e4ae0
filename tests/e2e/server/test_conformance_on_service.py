"""The conformance kit before the real service: every rule holds there, and none is left unseen."""

import pytest

from tests.conformance.making import CannotMake, by_api
from tests.conformance.target import Target
from tests.conformance.trial import Verdict, findings
from tests.e2e.server.test_clients import SECONDS, program, service
from tests.support.program import Program
from tests.support.service import Service

__all__ = ["program", "service"]

TRIM = """
from datetime import UTC, datetime
from realtime import log
log.trim("users", keep=10, older_than=datetime.min.replace(tzinfo=UTC))
"""


async def test_the_kit_finds_the_service_true(service: Service, program: Program) -> None:
    """With a log that was trimmed, as a cursor from before is to be reset."""
    make = by_api(service.address, program.token)
    await make(50)
    service.manage("shell", "-c", TRIM)
    address = f"{service.address.replace('http', 'ws')}/ws/users/"
    target = Target(address, make, token=program.token, patience_s=SECONDS, too_slow_s=2)
    found = [finding async for finding in findings(target)]
    assert [str(one) for one in found if one.verdict != Verdict.KEPT] == []


@pytest.mark.parametrize(
    ("is_known", "total", "words"), [(False, 1, "401.*manage.py token"), (True, 10**9, "422.*Ask for")]
)
async def test_the_kit_says_what_the_service_says_where_it_cannot_make_users(
    is_known: bool, total: int, words: str, service: Service, program: Program
) -> None:
    with pytest.raises(CannotMake, match=words):
        await by_api(service.address, program.token if is_known else "arr_wrong")(total)
