"""The public set-up: the project's nginx terminates TLS (listen.conf) in front of a web process with HTTPS=1."""

import http.client
import re
import ssl
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlencode
from urllib.request import Request

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission

from task import tokens
from tests.support.clients.browser import Browser
from tests.support.clients.caller import fetch
from tests.support.clients.watcher import connect_to
from tests.support.services import certificates, fleet
from tests.support.services.deployment import write_nginx
from tests.support.services.service import free_port
from tests.support.web import DEADLINE, nginx, web_process

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "correct-horse-battery-9"


@dataclass
class Site:
    address: str
    plain_port: int
    trusted: ssl.SSLContext


@pytest.fixture(scope="module")
def site(django_db_setup: None, redis: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("https")
    authority, certificate = certificates.make(folder)
    web_port, plain_port, port = free_port(), free_port(), free_port()
    write_nginx(folder, port=plain_port, web_ports=[web_port, web_port], tls_port=port, certificate=certificate)
    trusted = ssl.create_default_context(cafile=authority)
    with web_process(web_port, HTTPS="1"), nginx(folder, port):
        yield Site(f"https://127.0.0.1:{port}", plain_port, trusted)


@pytest.fixture
def browser(site: Site) -> Browser:
    """A browser that has signed in with a password."""
    ann = get_user_model().objects.create_user("ann", password=PASSWORD)
    ann.user_permissions.set(Permission.objects.filter(codename="view_user"))
    browser = Browser(site.trusted)
    page = browser.get(f"{site.address}/accounts/login/").read().decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found
    form = urlencode({"csrfmiddlewaretoken": found[1], "username": "ann", "password": PASSWORD}).encode()
    answer = browser.send(Request(f"{site.address}/accounts/login/", data=form, headers={"Origin": site.address}))
    assert (answer.status, answer.url) == (200, f"{site.address}/users/")
    assert answer.headers["Strict-Transport-Security"]
    return browser


def test_sign_in_sets_only_secure_cookies(browser: Browser) -> None:
    """A browser takes `__Host-` cookies only from this host over HTTPS, for all paths, and from no other subdomain."""
    cookies = list(browser.cookies)
    assert sorted(cookie.name.rpartition("_")[0] for cookie in cookies) == [
        "__Host-arrivals_csrf",
        "__Host-arrivals_session",
    ]
    assert {(cookie.secure, cookie.path, cookie.domain_specified) for cookie in cookies} == {(True, "/", False)}


async def test_a_socket_opens_for_this_origin_and_is_refused_for_others(site: Site, browser: Browser) -> None:
    url, cookie = f"{site.address}/ws/users/", browser.cookie_header
    async with connect_to(url, cookie, ssl=site.trusted) as socket:
        assert '"hello"' in str(await socket.recv())
    for origin in (site.address.replace("https", "http"), "https://elsewhere.example"):
        async with connect_to(url, cookie, ssl=site.trusted, origin=origin) as socket:
            await socket.wait_closed()
            assert socket.close_code == 4503


@pytest.fixture
def token() -> str:
    user = get_user_model().objects.create_superuser("root")
    return tokens.make_token(user=user, name="test", days=1)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/api/users"), ("GET", "/api/events?wait=30"), ("POST", "/api/jobs")]
)
def test_an_api_call_without_tls_is_refused_and_its_token_declared_known(
    site: Site, token: str, method: str, path: str
) -> None:
    body = {"total": 60} if method == "POST" else None
    address = f"http://127.0.0.1:{site.plain_port}{path}"
    answer = fetch(address, method=method, body=body, Authorization=f"Bearer {token}")
    assert answer.problem == (403, "https_required")
    assert "revoke it" in answer.json["detail"]
    assert "Location" not in answer.headers


async def test_a_socket_without_tls_is_closed_although_its_token_is_valid(site: Site, token: str) -> None:
    async with connect_to(f"http://127.0.0.1:{site.plain_port}/ws/users/?after=0", token=token) as socket:
        await socket.wait_closed()
        assert socket.close_code == 4500
    async with connect_to(f"{site.address}/ws/users/?after=0", token=token, ssl=site.trusted) as socket:
        assert '"hello"' in str(await socket.recv())


def test_plain_http_serves_health_checks_and_redirects_pages_to_https(site: Site) -> None:
    assert fleet.answers(site.plain_port), "compose.yaml checks health there"
    with closing(http.client.HTTPConnection("127.0.0.1", site.plain_port, timeout=DEADLINE)) as connection:
        connection.request("GET", "/users/")
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Location"]) == (301, f"https://127.0.0.1:{site.plain_port}/users/")
