"""Whether the web process will be able to listen, said before anything starts."""

import errno
import socket

from asgi_config.live.process import CouldNotStart


def check(host: str, port: int) -> None:
    if port > 65535:
        raise CouldNotStart(f"Port {port} does not exist: choose one from 1 to 65535.")
    try:
        family, *_, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.create_server(place[:2], family=family):
            pass
    except socket.gaierror as error:
        raise CouldNotStart(f"{host} is not the name of a network address: try HOST=127.0.0.1.") from error
    except OSError as error:
        raise CouldNotStart(_sentence(error, host, port)) from error


def _sentence(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is taken. Choose another: make run PORT={port + 1} (python manage.py live --port {port + 1})"
        )
    if error.errno == errno.EACCES:
        return f"Port {port} is not for everyone: choose one above 1023, for instance make run PORT=8000."
    return f"It cannot listen on {host}, port {port}: {error.strerror}."
