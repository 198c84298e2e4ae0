"""A signed-in user of the pages, without JavaScript: requests a job by the form, and reads the page about it."""

import re
from urllib.parse import urlencode
from urllib.request import Request

from tests.support.clients.browser import Browser
from tests.support.services.service import Service

HIDDEN = re.compile(r'name="(csrfmiddlewaretoken|request_id)"\s+value="([^"]+)"')


class Visitor:
    def __init__(self, service: Service) -> None:
        self.address = service.address
        self.browser = Browser()
        self.browser.use_link(service.manage("link").stdout.strip())

    def page(self, path: str) -> tuple[int, str]:
        answer = self.browser.get(self.address + path)
        return answer.status or 0, answer.read().decode()

    def generate(self, total: int) -> tuple[int, str]:
        """Submits the form. Returns the status and the text of the page that follows."""
        _, form = self.page("/generate/")
        fields = {**dict(HIDDEN.findall(form)), "total": total}
        answer = self.browser.send(Request(f"{self.address}/generate/", data=urlencode(fields).encode()))
        return answer.status or 0, answer.read().decode()
