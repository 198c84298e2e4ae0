"""Rules of authentication. They need a token."""

from tests.conformance.rule import Unseen, require, rule
from tests.conformance.target import VERSION, Target

BEARER = "arrivals.bearer."
NO_TOKEN = "no --token-file was given"


def require_token(target: Target) -> None:
    if not target.token:
        raise Unseen(NO_TOKEN)


@rule("no-token", "without a token, or with a wrong one, nothing is sent before 4501")
async def closes_without_a_valid_token(target: Target) -> str:
    require_token(target)
    for wrong in ("", "x", f"{target.token}x"):
        seen = await target.answer(token=wrong, after=0)
        require(seen == 4501, f"4501 with {'no token' if not wrong else 'a wrong one'}", seen)
    return "4501"


@rule("token-in-address", "a token in the URL is not accepted")
async def ignores_a_token_in_the_url(target: Target) -> str:
    require_token(target)
    seen = await target.answer(token="", access_token=target.token)
    require(seen == 4501, "4501", seen)
    return "4501"


@rule("token-as-subprotocol", f"a token offered as {BEARER}TOKEN is accepted, and not echoed")
async def accepts_a_token_as_subprotocol(target: Target) -> str:
    require_token(target)
    async with target.connection(versions=[VERSION, BEARER + target.token], token="") as peer:
        await peer.next("hello")
        require(peer.socket.subprotocol == VERSION, f"{VERSION} as the answer", peer.socket.subprotocol)
    seen = await target.answer(versions=[VERSION, f"{BEARER}x"], token="")
    require(seen == 4501, "4501 for a wrong one", seen)
    return "hello, and 4501 for a wrong one"
