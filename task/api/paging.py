"""Keyset pagination: the last page is as fast as the first, and no row is repeated or missed when others change."""

from functools import reduce
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, QuerySet

from task.api.schemas import Paged

Row = TypeVar("Row", bound=Model)


def page_of(rows: QuerySet[Row], *, by: str, paged: Paged, path: str) -> tuple[list[Row], str | None]:
    """Returns the rows below `paged.before`, greatest first, and the URL of the next page with the same filters.

    `by` is a unique, indexed field. The URL is None on the last page.
    """
    below = rows if paged.before is None else rows.filter(**{f"{by}__lt": paged.before})
    found = list(below.order_by(f"-{by}")[: paged.limit + 1])
    if len(found) <= paged.limit:
        return found, None
    page = found[: paged.limit]
    last: Any = reduce(getattr, by.split("__"), page[-1])
    filters = {name: value for name, value in paged.dict(exclude={"before"}).items() if value not in (None, "")}
    return page, f"{path}?{urlencode({**filters, 'before': last})}"
