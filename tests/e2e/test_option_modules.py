"""The words of the options, as Chromium puts them together: those that the server says."""

from typing import Any

import pytest

from task.options import Options
from task.pages.option_text import EXPIRIES, WORDS, Estimate
from tests.e2e.modules import visitor
from tests.e2e.visitor import Visitor
from tests.unit.test_option_words import CASES

pytestmark = pytest.mark.asyncio(loop_scope="package")

__all__ = ["visitor"]

CALL = "async ([name, ...given]) => (await import(js('task/js/format/options')))[name](...given)"
ON_THE_FORM = [case for case in CASES if str(case[0].remove_after_hours or "") in EXPIRIES]


def in_fields(options: Options) -> dict[str, Any]:
    return {
        "names": options.names,
        "locale": options.locale,
        "passwords": options.passwords,
        "hashing": options.hashing,
        "groups": len(options.groups),
        "isInactive": not options.is_active,
        "seed": "" if options.seed is None else str(options.seed),
        "removeAfterHours": str(options.remove_after_hours or ""),
    }


@pytest.mark.parametrize(("options", "words"), ON_THE_FORM, ids=[words for _, words in ON_THE_FORM])
async def test_the_summary_is_the_servers(visitor: Visitor, options: Options, words: str) -> None:
    assert await visitor.page.evaluate(CALL, ["summary", WORDS, in_fields(options)]) == words


async def test_what_is_no_seed_is_left_out_of_the_summary(visitor: Visitor) -> None:
    fields = in_fields(Options()) | {"seed": "soon"}
    said = await visitor.page.evaluate(CALL, ["summary", WORDS, fields])
    assert said == "random names, a different password each, never removed"


@pytest.mark.parametrize("total", [None, 1, 50, 333, 500, 1_000_000])
@pytest.mark.parametrize(("seconds", "processes"), [(0.01, 64), (0.22, 2), (1.5, 1)])
async def test_the_estimate_is_the_servers(visitor: Visitor, total: int | None, seconds: float, processes: int) -> None:
    estimate = Estimate(hash_seconds=seconds, processes=processes)
    said = await visitor.page.evaluate(CALL, ["estimate", estimate.client_data, total])
    assert said == estimate.text(total)
