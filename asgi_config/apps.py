"""The installed app that owns `live`, `link` and the system checks."""

from importlib import import_module

from django.apps import AppConfig


class ArrivalsConfig(AppConfig):
    name = "asgi_config"
    verbose_name = "Arrivals"

    def ready(self) -> None:
        for name in ("checks.settings", "sign_in.lockout", "worker.heartbeat"):
            import_module(f"asgi_config.{name}")
