"""The app of the site. Loads the system checks and signal handlers, which need the models."""

from importlib import import_module

from django.apps import AppConfig


class ArrivalsConfig(AppConfig):
    name = "asgi_config"
    verbose_name = "Arrivals"

    def ready(self) -> None:
        modules = ["checks.settings", "sign_in.idle_limit", "sign_in.signals"]
        modules += ["worker.heartbeat", "worker.lifecycle", "worker.time_limit"]
        for name in modules:
            import_module(f"asgi_config.{name}")
