"""The browser's words for a job's options, run by Node.js, are the server's."""

from typing import Any

import pytest

from task.options import Options
from task.pages.option_text import EXPIRIES, WORDS, Estimate
from tests.support.node import Node
from tests.unit.task.test_option_text import CASES

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
def test_the_summary_is_the_servers(node: Node, options: Options, words: str) -> None:
    assert node.evaluate(CALL, ["summary", WORDS, in_fields(options)]) == words


def test_an_invalid_seed_is_left_out_of_the_summary(node: Node) -> None:
    fields = in_fields(Options()) | {"seed": "soon"}
    words_shown = node.evaluate(CALL, ["summary", WORDS, fields])
    assert words_shown == "random names, a different password each, no automatic removal"


@pytest.mark.parametrize("total", [None, 1, 50, 333, 500, 1_000_000])
@pytest.mark.parametrize(("seconds", "processes"), [(0.01, 64), (0.22, 2), (1.5, 1)])
def test_the_estimate_is_the_servers(node: Node, total: int | None, seconds: float, processes: int) -> None:
    estimate = Estimate(hash_seconds=seconds, processes=processes)
    words_shown = node.evaluate(CALL, ["estimate", estimate.client_data, total])
    assert words_shown == estimate.text(total)
