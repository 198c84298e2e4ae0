"""Static files in an asynchronous chain: read in blocks, and without the packages' source maps."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.test import RequestFactory
from pytest_django import Settings

from asgi_config.web.static_files import BLOCK_BYTES, StaticFiles


async def not_found(request: HttpRequest) -> HttpResponse:
    return HttpResponseNotFound()


@pytest.fixture
def serve(settings: Settings, tmp_path: Path) -> Any:
    settings.WHITENOISE_ROOT = tmp_path
    chain = StaticFiles(not_found)
    return lambda path, **headers: chain(RequestFactory().get(path, **headers))


def address_of(name: str) -> str:
    return f"/{settings.STATIC_URL.strip('/')}/{name}"


async def test_a_file_is_read_in_blocks_while_the_client_takes_them(serve: Any, tmp_path: Path) -> None:
    file = tmp_path / "file.txt"
    file.write_bytes(b"a" * 4 * BLOCK_BYTES)
    response = await serve("/file.txt")
    blocks = aiter(response)
    first = await anext(blocks)
    file.write_bytes(b"b" * 4 * BLOCK_BYTES)
    rest = b"".join([block async for block in blocks])
    response.close()
    assert first == b"a" * BLOCK_BYTES
    assert rest.endswith(b"b" * 2 * BLOCK_BYTES)
    assert len(rest) == 3 * BLOCK_BYTES


async def test_a_part_of_a_file_is_served(serve: Any, tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_bytes(b"0123456789")
    response = await serve("/file.txt", HTTP_RANGE="bytes=2-4")
    assert response.status_code == 206
    assert b"".join([block async for block in response]) == b"234"
    response.close()


@pytest.mark.parametrize("name", ["ninja/swagger-ui-bundle.js.map", "ninja/redoc.standalone.js.map"])
async def test_a_source_map_is_not_served(serve: Any, name: str) -> None:
    assert finders.find(name)
    assert (await serve(address_of(name))).status_code == 404
