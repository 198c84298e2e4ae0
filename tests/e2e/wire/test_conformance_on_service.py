"""The conformance kit against the real service: every rule can be observed, and holds."""

import pytest

from tests.conformance.making import CannotMake, by_api
from tests.conformance.target import Target
from tests.conformance.trial import Verdict, findings
from tests.e2e.clients.test_clients import SECONDS, program, service
from tests.support.services.program import Program
from tests.support.services.service import Service

__all__ = ["program", "service"]

TRIM = """
from datetime import UTC, datetime
from realtime import log
log.trim("users", keep=10, older_than=datetime.min.replace(tzinfo=UTC))
"""


async def test_every_rule_holds_on_the_service(service: Service, program: Program) -> None:
    """The log is trimmed, so that the kit can see the reset of a cursor below the floor."""
    make = by_api(service.address, program.token)
    await make(50)
    service.manage("shell", "-c", TRIM)
    address = f"{service.address.replace('http', 'ws')}/ws/users/"
    target = Target(address, make, token=program.token, patience_s=SECONDS, too_slow_s=2)
    found = [finding async for finding in findings(target)]
    assert [str(one) for one in found if one.verdict != Verdict.KEPT] == []


@pytest.mark.parametrize(
    ("is_token_valid", "total", "words"), [(False, 1, "401.*manage.py token"), (True, 10**9, "422.*Ask for")]
)
async def test_the_kit_shows_the_services_error_if_it_cannot_make_users(
    is_token_valid: bool, total: int, words: str, service: Service, program: Program
) -> None:
    with pytest.raises(CannotMake, match=words):
        await by_api(service.address, program.token if is_token_valid else "arr_wrong")(total)
