"""Users as the pages and the API list them: the search, and their number at the feed's head."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.db.models import Q

from realtime.outbox import Snapshot, count_of, head
from task.events import FEED

SLOW_COUNT_SECONDS = 0.005
CACHE_FACTOR = 100
CACHE_SECONDS = 10.0


def matches(query: str) -> Q:
    """Users with `query` in their username or e-mail, as static/task/js/state/search.js finds them.

    No index serves this. A query without a match reads a million users in 0.12 s on SQLite.
    """
    name = get_user_model().USERNAME_FIELD
    return Q(**{f"{name}__icontains": query}) | Q(email__icontains=query) if query else Q()


@dataclass(frozen=True, slots=True)
class _CachedCount:
    start: Snapshot
    until: float


_cached_count: dict[str, _CachedCount] = {}


def users_at_head(*, clock: Callable[[], float] = time.monotonic) -> Snapshot:
    """Returns the feed's head and the number of `users`, counted in the same statement.

    COUNT(*) reads a whole index: 12 ms for a million users on SQLite and 52 ms on PostgreSQL, most of the users page's
    time. A slow count is therefore reused while the feed's head stays the same, for a hundred times the duration of the
    count and ten seconds at most. The time limit is for users that come without an event, for example by another
    program's bulk_create.
    """
    cached = _cached_count.get(FEED)
    if cached and clock() < cached.until and head(FEED).cursor == cached.start.cursor:
        return cached.start
    began = clock()
    start = head(FEED, users=count_of(get_user_model()._default_manager.all()))
    ended = clock()
    if ended - began > SLOW_COUNT_SECONDS:
        _cached_count[FEED] = _CachedCount(start, ended + min(CACHE_SECONDS, CACHE_FACTOR * (ended - began)))
    return start
