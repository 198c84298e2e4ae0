"""Template filters for numbers and durations, and the link to a job."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html

from task.pages.number_text import duration, grouped

register = template.Library()
register.filter("grouped", grouped)
register.filter("duration", duration)


@register.simple_tag
def job_number(job_id: Any, may_look: bool) -> Any:
    """Returns a link like that of static/task/js/view/dom.js, or an empty cell, which CSS matches with `:empty`."""
    if not job_id:
        return ""
    if not may_look:
        return job_id
    return format_html('<a tabindex="-1" href="{}">{}</a>', reverse("job", kwargs={"job_id": job_id}), job_id)
