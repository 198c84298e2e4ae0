"""The texts of events: valid JSON with the documented members, for any user name."""

import datetime
import json

from hypothesis import given
from hypothesis import strategies as st

from task import events

NEW_YEAR = datetime.datetime(2026, 1, 1, 12, 0, 0, 999, tzinfo=datetime.UTC)


def test_a_created_user_carries_its_job_and_number() -> None:
    text = events.user_created(
        user_id=31,
        user=events.user_fields("ann", "ann@example.com"),
        joined_at=events.wire_time(NEW_YEAR),
        job=events.job_fields(7, 1, 500),
    )
    user = {"id": 31, "username": "ann", "email": "ann@example.com", "date_joined": "2026-01-01T12:00:00.000Z"}
    assert json.loads(text) == {"type": "user.created", "job": 7, "number": 1, "total": 500, "user": user}


@given(username=st.text(max_size=150), email=st.text(max_size=254))
def test_any_name_is_kept_and_the_text_is_ascii(username: str, email: str) -> None:
    text = events.user_created(user_id=1, user=events.user_fields(username, email), joined_at="x")
    event = json.loads(text)
    assert (event["user"]["username"], event["user"]["email"], event["job"]) == (username, email, None)
    assert text.isascii()


def test_a_removed_user_carries_its_id_and_username() -> None:
    removed = json.loads(events.user_removed(user_id=31, username="ann", job_id=None))
    assert removed == {"type": "user.removed", "job": None, "user": {"id": 31, "username": "ann"}}


def test_only_a_failed_job_carries_an_error() -> None:
    finished = json.loads(events.job_changed("finished", job_id=7, total=5, created=5))
    assert finished == {"type": "job.finished", "job": 7, "total": 5, "created": 5}
    failed = json.loads(events.job_changed("failed", job_id=7, total=5, created=2, error="Why."))
    assert failed["error"] == "Why."


def test_times_are_utc_with_milliseconds() -> None:
    paris = datetime.timezone(datetime.timedelta(hours=1))
    assert events.wire_time(datetime.datetime(2026, 1, 1, 1, 2, 3, 456789, tzinfo=paris)) == "2026-01-01T00:02:03.456Z"
