"""The formats are read from the code, and recorded."""

import json
import re
import shutil
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.support import formats
from tests.support.complaints import Formats, complaints
from tests.support.formats import OURS, present, recorded, released
from tests.support.service import ROOT


def test_the_formats_are_those_that_are_recorded() -> None:
    found, record = present(), recorded()
    faults = complaints(released(), found)
    assert [fault for fault in faults if fault not in record["accepted"]] == []
    assert found | {"accepted": faults} == record, "Record them: python -m tests.support.formats (CONTRIBUTING.md)"


def test_what_beat_sends_is_read_from_the_settings(settings: Settings) -> None:
    rescue = settings.CELERY_BEAT_SCHEDULE["rescue"] | {"kwargs": {"hurry": True}}
    settings.CELERY_BEAT_SCHEDULE = settings.CELERY_BEAT_SCHEDULE | {"rescue": rescue}
    found = complaints(released(), present())
    assert "beat sends task.tasks.rescue_jobs with hurry, which older workers refuse." in found


def test_messages_and_hints_are_sent_by_those_whom_present_asks() -> None:
    sends = re.compile(r"\.(?:send_task|apply_async|delay|group_send)\(")
    sources = [path for app in OURS for path in sorted((ROOT / app).rglob("*.py"))]
    assert [str(path.relative_to(ROOT)) for path in sources for _ in sends.findall(path.read_text())] == [
        "asgi_config/worker/lifecycle.py",  # request_rescue
        "realtime/hints.py",
        "realtime/hub.py",  # a probe, which nobody reads
        "task/jobs/leases.py",  # dispatch
    ]


@pytest.fixture
def hint_of_the_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Formats:
    """Files of this test's own, where the last release has a field in its hint that the code does not send."""
    for name in ("FILE", "RELEASED"):
        monkeypatch.setattr(formats, name, Path(shutil.copy(getattr(formats, name), tmp_path)))
    before = present()
    before["sent"]["hint"]["page"] = "int"
    formats.RELEASED.write_text(json.dumps(before))
    return before


LOST = "The hint, field page, is gone or of another kind, which old code reads."


def test_what_the_last_release_cannot_bear_is_refused(hint_of_the_release: Formats) -> None:
    said: list[str] = []
    record = recorded()
    assert [formats.record(said.append), formats.release(said.append)] == [1, 1]
    assert said.count(f"{LOST}\n") == 2
    assert (recorded(), released()) == (record, hint_of_the_release)


@pytest.mark.usefixtures("hint_of_the_release")
def test_a_field_that_the_record_was_robbed_of_comes_back() -> None:
    formats.FILE.write_text(json.dumps(recorded() | {"sent": {}, "accepted": [LOST]}))
    assert formats.record() == 0
    assert recorded() == present() | {"accepted": [LOST]}


def test_what_is_accepted_stays_a_complaint_until_the_release(hint_of_the_release: Formats) -> None:
    assert [formats.record(accepts=True), formats.record()] == [0, 0]
    assert recorded()["accepted"] == [LOST]
    assert released() == hint_of_the_release
    assert formats.release() == 0
    assert recorded()["accepted"] == []
    assert released() == present()
