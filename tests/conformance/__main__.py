"""Tests any server that implements `arrivals.v1`, and prints one line for each rule.

It makes users on that server: some 1,300, and as many more as fill a window (a mebibyte: about 7,000). By default it
makes them by POST /api/jobs. For another server name a command with --make. The command must end when the events of
{total} users are committed, and may print the number of their job. Exit code 0: every tested rule holds; 1: a rule is
broken; 2: the kit could not run.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from websockets.exceptions import InvalidHandshake, InvalidURI

from tests.conformance.making import CannotMake, by_api, by_command
from tests.conformance.rule import RULES
from tests.conformance.target import Closed, Silence, Target
from tests.conformance.trial import Verdict, findings

NAMES = [rule.name for rule in RULES]


def arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.conformance",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("address", help="for example ws://127.0.0.1:8000/ws/users/")
    parser.add_argument("--token-file", type=Path, help="holds the bearer token of a user who may watch")
    parser.add_argument("--make", metavar="COMMAND", help="makes users; {total} is replaced by their number")
    parser.add_argument("--patience", type=float, default=30, metavar="S", help="longest wait for any message (30 s)")
    parser.add_argument(
        "--too-slow", type=float, default=20, metavar="S", help="seconds from a full window to 4008 (20 s)"
    )
    parser.add_argument(
        "--only", nargs="+", choices=NAMES, default=[], metavar="RULE", help=f"rules to test, of {', '.join(NAMES)}"
    )
    return parser.parse_args(given)


def target_of(asked: argparse.Namespace) -> Target:
    parts = urlsplit(asked.address)
    if parts.scheme not in {"ws", "wss"} or not parts.netloc:
        raise CannotMake(f"{asked.address} is no address of a socket: write ws://HOST:PORT/ws/users/.")
    token = asked.token_file.read_text().strip() if asked.token_file else ""
    pages = f"{'https' if parts.scheme == 'wss' else 'http'}://{parts.netloc}"
    make = by_command(asked.make) if asked.make else by_api(pages, token)
    return Target(asked.address, make, token=token, patience_s=asked.patience, too_slow_s=asked.too_slow)


async def run(target: Target, names: Sequence[str]) -> int:
    async with target.connection() as peer:
        await peer.frame()
    verdicts = []
    async for finding in findings(target, names):
        print(finding, flush=True)
        verdicts.append(finding.verdict)
    kept, broken, unseen = (verdicts.count(one) for one in (Verdict.KEPT, Verdict.BROKEN, Verdict.UNSEEN))
    print(f"{len(verdicts)} rules: {kept} kept, {broken} broken, {unseen} not tested.")
    return 1 if broken else 0


def main(given: Sequence[str]) -> int:
    asked = arguments(given)
    try:
        return asyncio.run(run(target_of(asked), asked.only))
    except CannotMake as error:
        print(error, file=sys.stderr)
    except (OSError, InvalidHandshake, InvalidURI, Silence) as error:
        print(f"{asked.address} cannot be reached: {error}", file=sys.stderr)
    except Closed as closed:
        print(f"{asked.address} answers with {closed}: is the token right?", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
