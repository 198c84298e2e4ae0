"""Escapes characters that steer a terminal, hide text or begin a new line. For log lines and terminals. Pure."""

import json


def printable(text: str) -> str:
    r"""Escapes as JSON does, such as `\u001b`, so that JSON text stays valid and keeps its value."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in text)


def printable_lines(text: str) -> str:
    """Keeps line feeds."""
    return "\n".join(map(printable, text.split("\n")))
