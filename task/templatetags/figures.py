"""How figures are written on a page; static/js/words.js writes them the same way."""

from django import template

from task.job_words import duration

register = template.Library()


@register.filter
def grouped(number: int) -> str:
    return f"{number:,}"


@register.filter
def percent_of(part: int, whole: int) -> int:
    """Rounded down: 499 of 500 is not yet 100 %."""
    return part * 100 // whole


register.filter("duration", duration)
