"""The formats are read from the code, and recorded."""

import re

from pytest_django import Settings

from tests.complaints import complaints
from tests.formats import OURS, present, recorded
from tests.service import ROOT


def test_the_formats_are_those_that_are_recorded() -> None:
    found = present()
    assert complaints(recorded(), found) == []
    assert found == recorded(), "Record them: python -m tests.formats (docs/deployment.md, Old and new side by side)"


def test_what_beat_sends_is_read_from_the_settings(settings: Settings) -> None:
    rescue = settings.CELERY_BEAT_SCHEDULE["rescue"] | {"kwargs": {"hurry": True}}
    settings.CELERY_BEAT_SCHEDULE = settings.CELERY_BEAT_SCHEDULE | {"rescue": rescue}
    found = complaints(recorded(), present())
    assert "beat sends task.tasks.rescue_jobs with hurry, which workers of before refuse." in found


def test_messages_and_hints_are_sent_by_those_whom_present_asks() -> None:
    sends = re.compile(r"\.(?:send_task|apply_async|delay|group_send)\(")
    sources = [path for app in OURS for path in sorted((ROOT / app).rglob("*.py"))]
    assert [str(path.relative_to(ROOT)) for path in sources for _ in sends.findall(path.read_text())] == [
        "asgi_config/celery.py",  # be_heard
        "realtime/hints.py",
        "realtime/hub.py",  # a probe, which nobody reads
        "task/hands.py",  # dispatch
    ]
