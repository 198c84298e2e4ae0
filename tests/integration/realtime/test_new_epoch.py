"""A new epoch keeps the log and refuses every earlier cursor."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from realtime import log, outbox
from realtime.models import FeedHead
from tests.support.database import Append

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]


def test_a_new_epoch_keeps_the_log_and_refuses_earlier_cursors(append: Append) -> None:
    append(3)
    before = outbox.head("users")
    assert log.new_epoch() == ["users"]
    after = outbox.head("users")
    assert (after.head, after.floor) == (before.head, before.floor)
    assert after.reset_reason(before.cursor) == "epoch"
    with pytest.raises(log.CursorLost, match="epoch"):
        log.read("users", before.cursor)


def test_new_events_continue_the_offsets(append: Append) -> None:
    append(3)
    log.new_epoch()
    assert append(2) == 5
    assert outbox.head("users").head == 5


def test_every_feed_gets_a_new_epoch(append: Append) -> None:
    append(1)
    other = outbox.head("other")
    log.new_epoch()
    assert outbox.head("other").epoch != other.epoch


def test_new_epoch_without_a_confirmation_changes_nothing(append: Append, monkeypatch: pytest.MonkeyPatch) -> None:
    append(1)
    before = outbox.head("users")
    monkeypatch.setattr("sys.stdin", StringIO())
    with pytest.raises(CommandError, match="use --yes"):
        call_command("new_epoch")
    assert outbox.head("users") == before


@pytest.mark.django_db
def test_new_epoch_without_a_feed_does_nothing() -> None:
    """In a transaction, because the hub of a web process of another test creates the feed within a second."""
    FeedHead.objects.all().delete()
    out = StringIO()
    call_command("new_epoch", "--yes", stdout=out)
    assert out.getvalue() == "There is no feed yet: nothing to do.\n"
