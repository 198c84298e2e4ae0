"""The conformance kit: passes a correct server, and finds each fault that is planted in one."""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from tests.conformance.faults import FOUND_BY, OF_ONE_RULE
from tests.conformance.rule import RULES
from tests.conformance.small_server import SmallServer
from tests.conformance.target import Target
from tests.conformance.trial import Finding, Verdict, findings
from tests.support.services.service import ROOT

TOKEN = "arr_of_the_small_server"
PATIENCE_S = 20
LONG = os.environ.get("ARRIVALS_CHAOS") == "long"


async def found_on(
    server: SmallServer, *names: str, patience_s: float = PATIENCE_S, slack_s: float = 2
) -> list[Finding]:
    async with server.running() as address:
        target = Target(address, server.make, server.token, patience_s, slack_s, server.too_slow_s)
        return [finding async for finding in findings(target, names)]


async def test_every_rule_holds_on_a_correct_server() -> None:
    found = await found_on(SmallServer(token=TOKEN, floor=1000))
    assert [str(one) for one in found if one.verdict != Verdict.KEPT] == []
    assert len(found) == len(RULES)


async def test_a_rule_that_cannot_be_observed_is_not_reported_as_kept() -> None:
    found = await found_on(SmallServer())
    unseen = {one.rule.name for one in found if one.verdict == Verdict.UNSEEN}
    assert unseen == {"no-token", "token-in-address", "token-as-subprotocol", "reset-trimmed"}
    assert not [str(one) for one in found if one.verdict == Verdict.BROKEN]


class SharedServer(SmallServer):
    """Another user makes a job before each of the kit's."""

    async def make(self, total: int) -> int:
        await super().make(1)
        return await super().make(total)


async def test_a_job_with_an_unexpected_id_is_not_reported_as_lost() -> None:
    [found] = await found_on(SharedServer(), "job-seam")
    assert found.verdict == Verdict.UNSEEN
    assert "the next job was 4, and not 3" in found.seen


@pytest.mark.parametrize("fault", FOUND_BY)
async def test_each_planted_fault_is_found(fault: str) -> None:
    """By its own rule. ARRIVALS_CHAOS=long also runs all other rules, which hold if the fault is of one rule only."""
    name, pattern = FOUND_BY[fault]
    names = [rule.name for rule in RULES] if LONG else [name]
    server = SmallServer(fault, token=TOKEN, floor=1000)
    found = {one.rule.name: one for one in await found_on(server, *names, patience_s=1, slack_s=0.5)}
    assert set(found) == set(names)
    assert re.search(pattern, found[name].seen)
    broken = {one for one in found if found[one].verdict == Verdict.BROKEN}
    assert broken == {name} if fault in OF_ONE_RULE else name in broken


def test_every_rule_has_a_planted_fault() -> None:
    assert {rule.name for rule in RULES} == {name for name, _ in FOUND_BY.values()}


async def kit(*given: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.conformance", *given, cwd=ROOT, stdout=-1, stderr=-1
    )
    stdout, stderr = await process.communicate()
    assert process.returncode is not None
    return process.returncode, stdout.decode(), stderr.decode()


@pytest.mark.parametrize(("fault", "code", "verdict"), [("", 0, "ok"), ("no reset (epoch)", 1, "FAIL")])
async def test_the_kit_prints_a_line_for_each_rule_and_makes_events_with_a_command(
    fault: str, code: int, verdict: str
) -> None:
    async with SmallServer(fault).running() as address:
        fetch = "from urllib.request import urlopen; print(urlopen('{}make?total={{total}}').read().decode())"
        make = f'{sys.executable} -c "{fetch.format(address.replace("ws", "http"))}"'
        ended, stdout, stderr = await kit(address, "--make", make, "--only", "hello", "reset-epoch")
        assert stderr == ""
        lines = stdout.splitlines()
        assert [line.split()[1] for line in lines[:2]] == ["hello", "reset-epoch"]
        assert lines[1].startswith(verdict)
        assert lines[2].startswith("2 rules: ")
        assert ended == code


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["ws://127.0.0.1:9/"], "cannot be reached"),
        (["http://127.0.0.1/"], "no address of a socket"),
        (["ws://127.0.0.1:9/", "--make", "true"], "{total}"),
        (["ws://127.0.0.1:9/", "--token-file", "no-such-file"], "no-such-file"),
    ],
    ids=["no server", "no socket", "no total", "no token file"],
)
async def test_a_kit_that_cannot_run_reports_the_reason(given: list[str], words: str, tmp_path: Path) -> None:
    code, _, stderr = await kit(*given)
    assert code == 2
    assert words in stderr
    assert "Traceback" not in stderr
