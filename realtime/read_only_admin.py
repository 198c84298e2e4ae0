"""Django's admin for tables that only the domain writes: it shows, to whom it may concern, and stays quick.

A table of millions of rows is never counted nor sorted whole: a list is of its newest rows.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property

NEWEST = 10_000


class NewestOnly(Paginator):  # type: ignore[type-arg]
    """Counts no further than that: COUNT(*) of a million rows takes PostgreSQL 52 ms, and the last page an OFFSET."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows[:NEWEST].count())


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Nobody adds, changes or deletes here. `needs` has the permission that a field asks for beside the table's own.

    Who lacks it gets the field by no way: not on a page or a list, not by a search, not by a lookup in the address.
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
        """Not implied by the permission to change, as elsewhere in the admin: that is for what the domain does."""
        return request.user.has_perm(f"{self.opts.app_label}.view_{self.opts.model_name}")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return permitted(request, self.fields or (), self.needs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self.get_fields(request, obj)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return permitted(request, self.list_display, self.needs)

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return permitted(request, self.search_fields, self.needs)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Only what is shown: by lookups a reader would guess anything else, as a job's nonce, letter by letter."""
        is_shown = lookup.partition("__")[0] in {"pk", "id", *(self.fields or ())}
        is_permitted = is_shown and bool(permitted(request, [lookup], self.needs))
        return is_permitted and super().lookup_allowed(lookup, value, request)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"subtitle": self.note, **(extra_context or {})})


def permitted(request: HttpRequest, fields: Sequence[Any], needs: Mapping[str, str]) -> list[Any]:
    """Those of the fields, or lookups that begin with a field, that this reader may see."""
    needed = [(field, needs.get(field.partition("__")[0])) for field in fields]
    return [field for field, permission in needed if permission is None or request.user.has_perm(permission)]
