"""Numbers and durations as text. Pure. static/task/js/format/words.js writes live numbers in the same form."""

from decimal import ROUND_HALF_UP, Decimal

WHOLE, TENTH = Decimal(1), Decimal("0.1")


def grouped(number: int) -> str:
    return f"{number:,}"


def duration(milliseconds: float) -> str:
    """Seconds (with tenths below ten), minutes or hours."""
    seconds = milliseconds / 1_000
    if seconds < 99.5:
        return f"{_rounded(seconds, TENTH) if seconds < 9.95 else _rounded(seconds)} s"
    minutes = int(_rounded(seconds / 60))
    return f"{minutes} min" if minutes < 100 else f"{_rounded(minutes / 60):,} h"


def _rounded(number: float, unit: Decimal = WHOLE) -> Decimal:
    """Rounds halves up, as JavaScript does, because round() takes the even neighbour."""
    return Decimal(number).quantize(unit, ROUND_HALF_UP)
