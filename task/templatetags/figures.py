"""How figures are written on a page; static/task/js/format/words.js writes them the same way."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html

from task.pages.job_text import duration

register = template.Library()


@register.filter
def grouped(number: int) -> str:
    return f"{number:,}"


@register.filter
def percent_of(part: int, whole: int) -> int:
    """Rounded down: 499 of 500 is not yet 100 %."""
    return part * 100 // whole


@register.simple_tag
def job_number(job_id: Any, may_look: bool) -> Any:
    """A link, as job_link.js makes it; nothing at all where no job made the user: CSS looks for `:empty`."""
    if not job_id:
        return ""
    if not may_look:
        return job_id
    return format_html('<a tabindex="-1" href="{}">{}</a>', reverse("job", kwargs={"job_id": job_id}), job_id)


register.filter("duration", duration)
