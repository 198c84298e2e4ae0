"""Template filters for numbers, durations and links to jobs, in the format of static/task/js/format/words.js."""

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
    """Rounds down: 499 of 500 is not yet 100 %."""
    return part * 100 // whole


@register.simple_tag
def job_number(job_id: Any, may_look: bool) -> Any:
    """Returns a link like that of job_link.js, or the number if the user may not see jobs.

    Returns nothing for a user that no job made, because CSS looks for `:empty`.
    """
    if not job_id:
        return ""
    if not may_look:
        return job_id
    return format_html('<a tabindex="-1" href="{}">{}</a>', reverse("job", kwargs={"job_id": job_id}), job_id)


register.filter("duration", duration)
