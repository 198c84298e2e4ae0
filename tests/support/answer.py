"""What the JSON API answered, however it was asked."""

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
        """Status and code, of an answer that is a whole problem."""
        content = self.json
        assert self.headers["Content-Type"] == "application/problem+json"
        assert content["status"] == self.status
        assert content["detail"].endswith(".")
        assert {"type", "title"} <= set(content)
        return self.status, content["code"]
