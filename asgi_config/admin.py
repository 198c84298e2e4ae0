"""Bounds what one request of Django's admin deletes or lists, because jobs make tables with millions of rows.

Without it, the page that confirms a deletion named each row in a hidden field, and from 1,000 rows on its form was
refused with 400, later with 413.
"""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import actions
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

MOST_ROWS = 200  # users: about a second in one transaction
FIRST_ROWS = "This page is for the first {} of your selection. Repeat the action for the others."
UNDO = 'To remove all accounts of a job in the background, open the job in <a href="{}">Jobs</a> and choose Undo.'


@admin.action(permissions=["delete"], description="Delete selected %(verbose_name_plural)s")
def delete_selected(modeladmin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> TemplateResponse | None:
    """Django's action of that name, for at most MOST_ROWS rows. Names the undo to a user who selected more users."""
    keys = list(queryset.values_list("pk", flat=True)[: MOST_ROWS + 1])
    if len(keys) > MOST_ROWS:
        messages.warning(request, FIRST_ROWS.format(MOST_ROWS))
        if modeladmin.model is get_user_model():
            messages.info(request, format_html(UNDO, reverse("jobs")))
    return actions.delete_selected(modeladmin, request, queryset.filter(pk__in=keys[:MOST_ROWS]))


class LargeGroupAdmin(GroupAdmin):
    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Returns the number of memberships instead of their names."""
        groups = list(objs)
        members = get_user_model().groups.through.objects.filter(group__in=groups).count()
        return [str(group) for group in groups], {"groups": len(groups), "memberships": members}, set(), []


admin.site.add_action(delete_selected)
admin.site.unregister(Group)
admin.site.register(Group, LargeGroupAdmin)
