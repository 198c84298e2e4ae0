"""Code for a process of its own beside the service: appends events to the feed at a steady pace, and tells when."""

import json
from typing import Any

from tests.support.service import Service

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
print("SAID", json.dumps({{"committed": committed}}))
"""


def run_shell(running: Service, code: str) -> Any:
    """What the code said as JSON behind the word SAID."""
    said = running.manage("shell", "-v", "0", "-c", code, seconds=300).stdout
    return json.loads(said.partition("SAID ")[2])
