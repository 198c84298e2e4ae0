"""How figures are written on a page; static/js/words.js writes them the same way."""

from django import template

register = template.Library()


@register.filter
def grouped(number: int) -> str:
    return f"{number:,}"


@register.filter
def percent_of(part: int, whole: int) -> int:
    """Rounded down: 499 of 500 is not yet 100 %."""
    return part * 100 // whole


@register.filter
def duration(milliseconds: float) -> str:
    """Short, for a figure: with tenths below ten seconds."""
    seconds = milliseconds / 1_000
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes:,} min" if minutes < 100 else f"{round(minutes / 60):,} h"
