"""Read-only pages of Django's admin for tables that only the domain code writes.

Pages stay fast with millions of rows, because a list counts and shows only the newest ones.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property

NEWEST = 10_000


class NewestOnly(Paginator):  # type: ignore[type-arg]
    """Counts at most NEWEST rows, and has pages for no more.

    COUNT(*) of a million rows takes PostgreSQL 52 ms, and its last page needs a large OFFSET.
    """

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows[:NEWEST].count())


class FixedOrder(ChangeList):
    """Ignores `?o=` in the URL, because Django sorts by any column of the list, also by those not in `sortable_by`.

    Without an index such an order takes seconds for a million rows.
    """

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        self.params.pop(ORDER_VAR, None)
        return super().get_ordering(request, queryset)


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Forbids adding, changing and deleting. `needs` maps a field to the permission that shows it.

    Without that permission a user sees the field nowhere: on no page or list, by no search, by no lookup in the URL.
    """

    needs: ClassVar[Mapping[str, str]] = {}
    note = ""

    ordering: ClassVar[tuple[str, ...]] = ("-pk",)
    paginator = NewestOnly
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    list_per_page = 50
    list_max_show_all = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Requires the view permission. The change permission does not imply it: it is for the domain's actions."""
        return request.user.has_perm(f"{self.opts.app_label}.view_{self.opts.model_name}")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return FixedOrder

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return permitted(request, self.fields or (), self.needs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self.get_fields(request, obj)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return permitted(request, self.list_display, self.needs)

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return permitted(request, self.search_fields, self.needs)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Allows only shown fields, because lookups can guess a hidden one, such as a job's nonce, letter by letter."""
        is_shown = lookup.partition("__")[0] in {"pk", "id", *(self.fields or ())}
        is_permitted = is_shown and bool(permitted(request, [lookup], self.needs))
        return is_permitted and super().lookup_allowed(lookup, value, request)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"subtitle": self.note, **(extra_context or {})})


def permitted(request: HttpRequest, fields: Sequence[Any], needs: Mapping[str, str]) -> list[Any]:
    """Returns the fields, or lookups that begin with a field, that this user may see."""
    needed = [(field, needs.get(field.partition("__")[0])) for field in fields]
    return [field for field, permission in needed if permission is None or request.user.has_perm(permission)]
