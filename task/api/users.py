"""The users, with the cursor that they belong to: the snapshot to follow the feed from."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from ninja import Query, Router

from realtime.log import count_of, head
from task.api.callers import Request, needing
from task.api.described import problems
from task.api.schemas import UserFilter, UserPage
from task.api.shown import next_address
from task.board import matches
from task.events import FEED, wire_time

router = Router(tags=["users"])


@router.get(
    "/users",
    auth=needing("auth.view_user"),
    response=UserPage,
    summary="List users, newest first, with their cursor",
    openapi_extra=problems("invalid"),
)
def list_users(request: Request, asked: Query[UserFilter]) -> dict[str, Any]:
    """Follow /api/events or the socket from (`epoch`, `head`): events of users that are listed already are no harm.

    The cursor is read before the rows, and `total` in the same statement.
    """
    users = get_user_model()._default_manager.filter(_of_job(asked.job)).order_by("-pk")
    start = head(FEED, users=count_of(users))
    rows = list(_page(users, asked)[: asked.limit + 1])
    page = rows[: asked.limit]
    has_older = len(rows) > asked.limit
    return {
        "epoch": start.epoch,
        "head": start.head,
        "total": start.counted["users"],
        "items": [_shown(user) for user in page],
        "next": next_address(request.path, asked.dict(exclude={"before"}), page[-1].pk) if has_older else None,
    }


def _of_job(job_id: int | None) -> Q:
    return Q() if job_id is None else Q(account__job=job_id)


def _page(users: QuerySet[Any], asked: UserFilter) -> QuerySet[Any]:
    found = users.filter(matches(asked.q.strip())).select_related("account")
    return found if asked.before is None else found.filter(pk__lt=asked.before)


def _shown(user: Any) -> dict[str, Any]:
    account = getattr(user, "account", None)
    return {
        "id": user.pk,
        "username": user.get_username(),
        "email": user.email,
        "date_joined": wire_time(user.date_joined),
        "job": account and account.job_id,
        "number": account and account.number,
    }
