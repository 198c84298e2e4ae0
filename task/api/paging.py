"""Pages by key: as quick far down as at the top, and nothing is seen twice or missed when rows come or go meanwhile."""

from functools import reduce
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, QuerySet

from task.api.schemas import Paged

Row = TypeVar("Row", bound=Model)


def page_of(rows: QuerySet[Row], *, by: str, asked: Paged, path: str) -> tuple[list[Row], str | None]:
    """The rows below `asked.before`, the greatest first, and the address of those that follow, with the same filters.

    `by` is a field that no two of them have in common, with an index.
    """
    below = rows if asked.before is None else rows.filter(**{f"{by}__lt": asked.before})
    found = list(below.order_by(f"-{by}")[: asked.limit + 1])
    if len(found) <= asked.limit:
        return found, None
    page = found[: asked.limit]
    last: Any = reduce(getattr, by.split("__"), page[-1])
    filters = {name: value for name, value in asked.dict(exclude={"before"}).items() if value not in (None, "")}
    return page, f"{path}?{urlencode({**filters, 'before': last})}"
