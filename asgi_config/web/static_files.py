"""Serves static files: WhiteNoise in an asynchronous middleware chain.

A synchronous middleware would block a thread while a page is awaited: half a minute for a long poll, and 30 of them
kept a stopped daphne alive for good. Django still reserves an idle thread for each request: 100 polls cost 7 MB.
"""

from collections.abc import AsyncIterator
from inspect import isawaitable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped]

BLOCK_BYTES = 64 * 1024
SOURCE_MAPS = ".map"  # 5 MiB of the packages' files, for their developers only


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """Opens and reads files on the event loop, because that takes less time than handing the request to a thread."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        is_hidden = request.path_info.endswith(SOURCE_MAPS)
        found = self.get_response(request) if is_hidden else super().__call__(request)
        return _result(found) if iscoroutinefunction(self) else found


async def _result(found: Any) -> Any:
    """WhiteNoise returns a file's response itself, but a coroutine for a page.

    Django would read all of a synchronous iterator first, so the file is read in blocks while the client takes them.
    """
    if isawaitable(found):
        return await found
    if found.file_to_stream is not None:
        found.streaming_content = _blocks(found.file_to_stream)
    return found


async def _blocks(file: Any) -> AsyncIterator[bytes]:
    while block := file.read(BLOCK_BYTES):
        yield block
