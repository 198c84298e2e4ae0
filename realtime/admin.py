"""The event log in Django's admin, read-only."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from realtime.models import Batch, FeedHead, OutboxEntry
from realtime.read_only_admin import ReadOnlyAdmin


@admin.register(FeedHead)
class FeedAdmin(ReadOnlyAdmin):
    list_display = ("name", "head", "floor", "epoch")
    fields = ("name", "epoch", "head", "floor")


@admin.register(OutboxEntry)
class OutboxAdmin(ReadOnlyAdmin):
    """Shows no events, because they name users, and an entry waits for less than a second."""

    list_display = ("pk", "feed", "key", "created_at")
    fields = ("feed", "key", "created_at")


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    """Shows the payload on a batch's own page only, because it is up to 48 KiB and names users."""

    needs = {"payload": "auth.view_user"}
    note = "The newest 10,000"
    list_display = ("pk", "feed", "first", "last", "key", "created_at")
    list_select_related = ("feed",)
    fields = ("feed", "first", "last", "key", "created_at", "payload")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("payload")
