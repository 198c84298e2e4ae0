"""The installed app that owns `live`, `link` and the system checks."""

from importlib import import_module

from django.apps import AppConfig

from asgi_config import checks


class ArrivalsConfig(AppConfig):
    name = "asgi_config"
    verbose_name = "Arrivals"
    checks = checks

    def ready(self) -> None:
        import_module("asgi_config.worker_signals")
