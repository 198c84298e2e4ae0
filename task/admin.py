"""Django's admin for jobs, accounts, the audit log, workers and tokens.

All tables are read-only, because only task.jobs changes jobs and accounts. The one action is to revoke tokens.
"""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from realtime.read_only_admin import ReadOnlyAdmin, permitted
from task import tokens
from task.models import Account, Act, Job, Token, Worker

VIEW_USER = "auth.view_user"
VIEW_JOB = "arrivals.view_job"
USERNAME = get_user_model().USERNAME_FIELD
REVOKED_AT_ONCE = 500


class DeletedWithUser(ReadOnlyAdmin):
    """Rows that are deleted with their user, without a delete permission of their own."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Django asks this for related rows when a user is deleted, on pages of another app."""
        page = request.resolver_match and request.resolver_match.url_name
        return obj is not None and bool(page) and not str(page).startswith(f"{self.opts.app_label}_")


class AuditLogInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Act
    verbose_name_plural = "audit log"
    fields = ("at", "kind", "by_name", "detail")
    ordering = ("at", "pk")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return permitted(request, self.fields, ActAdmin.needs | {"detail": VIEW_JOB})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self.get_fields(request, obj)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Permission to view jobs includes their audit log."""
        return request.user.has_perm(VIEW_JOB)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    needs = {"requested_by": VIEW_USER, "its_accounts": "arrivals.view_account"}
    list_display = ("pk", "state", "progress", "created_at", "finished_at", "requested_by")
    list_filter = ("state",)
    list_select_related = ("requested_by",)
    fields = (
        "state", "progress", "its_accounts", "error", "requested_by", "request_id", "created_at", "started_at",
        "stepped_at", "finished_at", "remove_at", "removal_began_at", "removed_through", "removed_at",
    )  # fmt: skip
    inlines = (AuditLogInline,)

    def progress(self, job: Job) -> str:
        return f"{job.created} of {job.total}"

    @admin.display(description="accounts")
    def its_accounts(self, job: Job) -> str:
        address = reverse("admin:arrivals_account_changelist", query={"job__id__exact": job.pk})
        return format_html('<a href="{}">Show them</a>', address)


@admin.register(Account)
class AccountAdmin(DeletedWithUser):
    needs = {"user": VIEW_USER, "job": VIEW_JOB}
    note = "The newest 10,000 accounts. A job's page links to its own."
    # One index serves this order, for all jobs and for one. By primary key, a million accounts took 1.1 s to sort.
    ordering = ("-job_id", "-number")
    list_display = ("__str__", "user", "job_id", "number")
    list_select_related = ("user",)
    search_fields = (f"user__{USERNAME}__startswith",)
    search_help_text = "Type the first letters of a username, in the same case."
    fields = ("user", "job", "number")


@admin.register(Act)
class ActAdmin(ReadOnlyAdmin):
    needs = {"by": VIEW_USER, "by_name": VIEW_USER, "detail": VIEW_USER, "job": VIEW_JOB}
    note = "The newest 10,000 entries"
    list_display = ("at", "kind", "job_id", "by_name", "detail")
    list_filter = ("kind",)
    search_fields = ("by_name__startswith",)
    fields = ("at", "kind", "job", "by_name", "by", "detail")


@admin.register(Token)
class TokenAdmin(DeletedWithUser):
    needs = {"user": VIEW_USER}
    note = "The command `manage.py token USER` makes a token"
    list_display = ("name", "user", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_select_related = ("user",)
    fields = ("name", "user", "created_at", "expires_at", "last_used_at", "revoked_at")
    actions = ("revoke",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The revoke permission implies view."""
        return super().has_view_permission(request, obj) or self.has_revoke_permission(request)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("arrivals.change_token")

    @admin.action(permissions=["revoke"], description="Revoke the selected tokens")
    def revoke(self, request: HttpRequest, queryset: QuerySet[Token]) -> None:
        """Revokes at most REVOKED_AT_ONCE tokens that are not revoked yet, because each is a transaction."""
        keys = list(queryset.filter(revoked_at=None).values_list("pk", flat=True)[: REVOKED_AT_ONCE + 1])
        for key in keys[:REVOKED_AT_ONCE]:
            tokens.revoke_token(token_id=key, by=request.user)
        if len(keys) > REVOKED_AT_ONCE:
            self.message_user(request, f"Only {REVOKED_AT_ONCE} were revoked: repeat the action.", messages.WARNING)
        seconds = f"{settings.ACCESS_CHECK_SECONDS:g} s"
        self.message_user(
            request,
            f"Revoked. New requests are refused now, and open sockets close (within {seconds} if Redis is down).",
            messages.SUCCESS,
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"may_revoke": self.has_revoke_permission(request), **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    ordering = ("-heard_at",)
    list_display = ("name", "heard_at")
    fields = ("name", "heard_at")
