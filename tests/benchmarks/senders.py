"""Code for a separate process: appends events to the feed at a steady pace, and prints the times of the commits."""

import json
from typing import Any

from tests.support.services.service import Service

APPEND = """
import json, time
from django.db import transaction
from realtime import log
user = {{"id": 1, "username": "user_abcdefghij", "email": "user_abcdefghij@example.com", "date_joined": "2026-01-01"}}
committed = []
due = time.monotonic()
for first in range(0, {events}, {each}):
    at = time.monotonic()
    texts = [
        json.dumps({{"type": "user.created", "job": None, "number": number, "total": None, "user": user, "at": at}})
        for number in range(first, first + {each})
    ]
    with transaction.atomic():
        transaction.on_commit(lambda: committed.append(time.monotonic()))
        log.append("users", texts)
    due += {every}
    time.sleep(max(0, due - time.monotonic()))
print("RESULT", json.dumps({{"committed": committed}}))
"""


def run_shell(running: Service, code: str) -> Any:
    """Runs the code in the service's shell. Returns the JSON that it prints after the word RESULT."""
    printed = running.manage("shell", "-v", "0", "-c", code, seconds=300).stdout
    return json.loads(printed.partition("RESULT ")[2])
