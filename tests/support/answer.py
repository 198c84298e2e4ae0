"""A response of the JSON API, independent of the client that made the request."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def problem(self) -> tuple[int, str]:
        """The status and code of an error response. Requires a complete problem document."""
        content = self.json
        assert self.headers["Content-Type"] == "application/problem+json"
        assert content["status"] == self.status
        assert content["detail"].endswith(".")
        assert {"type", "title"} <= set(content)
        return self.status, content["code"]
