"""A client program of the JSON API, as a user would write it: a bearer token, plain HTTP, and the long poll."""

import json
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

from tests.support.answer import Answer
from tests.support.services.service import Service
from tests.support.waiting import DEADLINE


class Program:
    """Acts as USER by a token that `manage.py token` made."""

    def __init__(self, service: Service, user: str = "operator") -> None:
        self.address = service.address
        self.token = service.manage("token", user).stdout.strip()
        self._opener = build_opener(ProxyHandler({}))

    def get(self, path: str) -> Answer:
        return self.send(Request(self.address + path))

    def post(self, path: str, body: object) -> Answer:
        headers = {"Content-Type": "application/json"}
        return self.send(Request(self.address + path, data=json.dumps(body).encode(), headers=headers))

    def send(self, request: Request) -> Answer:
        request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with self._opener.open(request, timeout=DEADLINE) as answer:
                return Answer(answer.status, dict(answer.headers), answer.read().decode())
        except HTTPError as error:
            return Answer(error.code, dict(error.headers), error.read().decode())

    def until(self, kind: str, *, job: int, epoch: str, after: int) -> list[dict[str, Any]]:
        """Returns the job's events after the cursor, up to the first of that kind."""
        events: list[dict[str, Any]] = []
        while not any(event["type"] == kind for event in events):
            asked = urlencode({"after": after, "epoch": epoch, "job": job, "limit": 100, "wait": 20})
            answer = self.get(f"/api/events?{asked}").json
            after = answer["last"]
            events += answer["events"]
        return events
