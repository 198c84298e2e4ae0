"""What a command says of a database that it cannot use: the reason, and what to do. Pure."""

FULL = ("full", "No space left")


def sentence_of(error: Exception) -> str:
    reason = str(error).strip().partition("\n")[0]
    remedy = "Start `make run` once, or run `manage.py migrate`."
    if any(word in reason for word in FULL):
        remedy = "Make room on its disk, then try again; nothing is lost."
    return f"The database cannot be used: {reason}. {remedy}"
