"""What a command says of a database that it cannot use: the reason, and what to do. Pure."""

ROOM = "Make room on its disk, then try again; nothing is lost."
REMEDIES = {
    "certificate": "Check the host name and sslrootcert in DATABASE_URL.",
    "full": ROOM,
    "No space left": ROOM,
}
OTHERWISE = "Start `make run` once, or run `manage.py migrate`."


def sentence_of(error: Exception) -> str:
    reason = str(error).strip().partition("\n")[0]
    remedy = next((remedy for word, remedy in REMEDIES.items() if word in reason), OTHERWISE)
    return f"The database cannot be used: {reason}. {remedy}"
