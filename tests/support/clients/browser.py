"""A small browser without JavaScript: cookies and redirects, on a real connection."""

import re
from http.client import HTTPResponse
from http.cookiejar import CookieJar
from ssl import SSLContext
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPSHandler, ProxyHandler, Request, build_opener

from tests.support.waiting import DEADLINE

FIELD = re.compile(r'type="hidden" name="(\w+)" value="([^"]*)"')


class Browser:
    def __init__(self, trusted: SSLContext | None = None) -> None:
        self.cookies = CookieJar()
        self._opener = build_opener(HTTPCookieProcessor(self.cookies), HTTPSHandler(context=trusted), ProxyHandler({}))

    def get(self, address: str, **headers: str) -> "HTTPResponse | HTTPError":
        return self.send(Request(address, headers=headers))

    def use_link(self, link: str) -> "HTTPResponse | HTTPError":
        """Opens a sign-in link and presses its button. Returns the page after it."""
        return self.send(self.button_of(link))

    def button_of(self, link: str) -> Request:
        """Opens a sign-in link, and returns the request that its button sends."""
        fields = dict(FIELD.findall(self.get(link).read().decode()))
        headers = {"Origin": link.partition("/accounts/")[0]}
        return Request(link.partition("?")[0], data=urlencode(fields).encode(), headers=headers)

    def send(self, request: Request) -> "HTTPResponse | HTTPError":
        """Follows all redirects, and returns the last response, whatever its status."""
        try:
            return self._opener.open(request, timeout=DEADLINE)  # type: ignore[no-any-return]
        except HTTPError as error:
            return error

    @property
    def cookie_header(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.cookies)
