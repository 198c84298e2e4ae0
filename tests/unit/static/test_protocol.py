"""The browser client's pure protocol module, run by Node.js, agrees with docs/asyncapi.yaml."""

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from realtime import protocol
from tests.support.clients import wire
from tests.support.node import Node

EPOCH = "00000000-0000-4000-8000-000000000001"


def evaluated(node: Node, expression: str) -> Any:
    """Returns the value of the expression, in which `wire` is static/realtime/protocol.js."""
    return node.evaluate(f'async () => {{ const wire = await import(js("realtime/protocol")); return {expression}; }}')


def test_the_client_retries_after_exactly_the_documented_codes(node: Node) -> None:
    codes = wire.CHANNEL["x-close-codes"]
    verdicts = evaluated(node, f"{list(codes)}.map(wire.verdict)")
    assert [verdict == "retry" for verdict in verdicts] == [meaning["retry"] for meaning in codes.values()]


def test_the_client_offers_the_documented_version_and_a_token_the_server_reads(node: Node) -> None:
    documented = wire.CHANNEL["bindings"]["ws"]["headers"]["properties"]["Sec-WebSocket-Protocol"]["pattern"]
    token = "arr_" + "x" * 43
    assert evaluated(node, 'wire.subprotocols("")') == [protocol.SUBPROTOCOL]
    offered = evaluated(node, f'wire.subprotocols("{token}")')
    assert re.fullmatch(documented, protocol.SUBPROTOCOL)
    assert re.fullmatch(documented, ", ".join(offered))
    assert protocol.offered_token(offered) == token


@pytest.mark.parametrize(
    ("cursor", "query"),
    [
        ("", {}),
        ("null, 0", {"after": ["0"]}),
        (f'"{EPOCH}", 5', {"after": ["5"], "epoch": [EPOCH]}),
    ],
    ids=["head", "start", "cursor"],
)
def test_the_client_connects_with_documented_parameters(node: Node, cursor: str, query: dict[str, list[str]]) -> None:
    address = evaluated(node, f'wire.address("http://a.example:8000/ws/users/?job=7", new wire.Cursor({cursor}))')
    parts = urlsplit(address)
    assert (parts.scheme, parts.netloc, parts.path) == ("ws", "a.example:8000", wire.CHANNEL["address"])
    assert parse_qs(parts.query) == {"job": ["7"], **query}
    assert {"job", *query} <= wire.CHANNEL["bindings"]["ws"]["query"]["properties"].keys()
    protocol.parse_subscription(parts.query, "job")


def test_a_cursor_without_an_epoch_takes_the_position_of_hello(node: Node) -> None:
    hello = wire.DOCUMENT["components"]["messages"]["hello"]["examples"][0]["payload"]
    begin = f"(cursor) => {{ cursor.begin({json.dumps(hello)}); return cursor; }}"
    assert evaluated(node, f"({begin})(new wire.Cursor())") == {"epoch": hello["epoch"], "offset": hello["after"]}
    assert evaluated(node, f'({begin})(new wire.Cursor("e", 3))') == {"epoch": "e", "offset": 3}
