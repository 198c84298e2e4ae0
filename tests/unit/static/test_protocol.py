"""The protocol's pure module, as Node runs it, agrees with docs/asyncapi.yaml."""

import json
import re
import subprocess
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from realtime import protocol
from tests.support import wire
from tests.support.clients import NODE
from tests.support.service import ROOT

EPOCH = "00000000-0000-4000-8000-000000000001"


def evaluated(expression: str) -> Any:
    """In a module where `wire` is static/realtime/protocol.js."""
    module = (ROOT / "static" / "realtime" / "protocol.js").as_uri()
    program = f'const wire = await import("{module}"); console.log(JSON.stringify({expression}));'
    command = [str(NODE), "--input-type=module", "--eval", program]
    return json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)


def test_it_tries_again_after_the_codes_that_say_so_and_no_other() -> None:
    codes = wire.CHANNEL["x-close-codes"]
    verdicts = evaluated(f"{list(codes)}.map(wire.verdict)")
    assert [verdict == "retry" for verdict in verdicts] == [meaning["retry"] for meaning in codes.values()]


def test_it_offers_the_documented_version_and_the_token_as_the_server_reads_it() -> None:
    documented = wire.CHANNEL["bindings"]["ws"]["headers"]["properties"]["Sec-WebSocket-Protocol"]["pattern"]
    token = "arr_" + "x" * 43
    assert evaluated('wire.subprotocols("")') == [protocol.SUBPROTOCOL]
    offered = evaluated(f'wire.subprotocols("{token}")')
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
def test_it_asks_with_documented_parameters(cursor: str, query: dict[str, list[str]]) -> None:
    address = evaluated(f'wire.address("http://a.example:8000/ws/users/?job=7", new wire.Cursor({cursor}))')
    parts = urlsplit(address)
    assert (parts.scheme, parts.netloc, parts.path) == ("ws", "a.example:8000", wire.CHANNEL["address"])
    assert parse_qs(parts.query) == {"job": ["7"], **query}
    assert {"job", *query} <= wire.CHANNEL["bindings"]["ws"]["query"]["properties"].keys()
    protocol.parse_subscription(parts.query, "job")


def test_a_cursor_without_an_epoch_begins_where_hello_says() -> None:
    hello = wire.DOCUMENT["components"]["messages"]["hello"]["examples"][0]["payload"]
    begun = evaluated(f"(() => {{ const c = new wire.Cursor(); c.begin({json.dumps(hello)}); return c; }})()")
    assert begun == {"epoch": hello["epoch"], "offset": hello["after"]}
    kept = evaluated(f'(() => {{ const c = new wire.Cursor("e", 3); c.begin({json.dumps(hello)}); return c; }})()')
    assert kept == {"epoch": "e", "offset": 3}
