"""The formats of tables, messages, hints and events are read from the code and recorded."""

import json
import re
import shutil
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.support import formats
from tests.support.clients.complaints import Formats, complaints
from tests.support.formats import OURS, present, recorded, released
from tests.support.services.service import ROOT


def test_the_code_has_the_recorded_formats() -> None:
    found, record = present(), recorded()
    faults = complaints(released(), found)
    assert [fault for fault in faults if fault not in record["accepted"]] == []
    assert found | {"accepted": faults} == record, "Record them: python -m tests.support.formats (CONTRIBUTING.md)"


def test_messages_of_beat_are_read_from_the_settings(settings: Settings) -> None:
    rescue = settings.CELERY_BEAT_SCHEDULE["rescue"] | {"kwargs": {"hurry": True}}
    settings.CELERY_BEAT_SCHEDULE = settings.CELERY_BEAT_SCHEDULE | {"rescue": rescue}
    found = complaints(released(), present())
    assert "beat sends task.tasks.rescue_jobs with hurry, which older workers refuse." in found


def test_only_the_known_modules_send_messages_and_hints() -> None:
    sends = re.compile(r"\.(?:send_task|apply_async|delay|group_send)\(")
    sources = [path for app in OURS for path in sorted((ROOT / app).rglob("*.py"))]
    assert [str(path.relative_to(ROOT)) for path in sources for _ in sends.findall(path.read_text())] == [
        "asgi_config/worker/lifecycle.py",  # request_rescue
        "realtime/hints.py",  # a subscriber's own probe, which has no content
        "realtime/hints.py",
        "task/jobs/leases.py",  # dispatch
    ]


@pytest.fixture
def release_with_extra_hint_field(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Formats:
    """Returns a last release whose hint has a field that the code does not send; the files are copies."""
    for name in ("FILE", "RELEASED"):
        monkeypatch.setattr(formats, name, Path(shutil.copy(getattr(formats, name), tmp_path)))
    before = present()
    before["sent"]["hint"]["page"] = "int"
    formats.RELEASED.write_text(json.dumps(before))
    return before


REMOVED_FIELD = "The hint, field page, is gone or of another kind, which old code reads."


def test_a_change_incompatible_with_the_last_release_is_refused(release_with_extra_hint_field: Formats) -> None:
    output: list[str] = []
    record = recorded()
    assert [formats.record(output.append), formats.release(output.append)] == [1, 1]
    assert output.count(f"{REMOVED_FIELD}\n") == 2
    assert (recorded(), released()) == (record, release_with_extra_hint_field)


@pytest.mark.usefixtures("release_with_extra_hint_field")
def test_a_field_missing_from_the_record_is_restored() -> None:
    formats.FILE.write_text(json.dumps(recorded() | {"sent": {}, "accepted": [REMOVED_FIELD]}))
    assert formats.record() == 0
    assert recorded() == present() | {"accepted": [REMOVED_FIELD]}


def test_an_accepted_complaint_stays_until_the_release(release_with_extra_hint_field: Formats) -> None:
    assert [formats.record(accepts=True), formats.record()] == [0, 0]
    assert recorded()["accepted"] == [REMOVED_FIELD]
    assert released() == release_with_extra_hint_field
    assert formats.release() == 0
    assert recorded()["accepted"] == []
    assert released() == present()
