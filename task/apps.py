"""The Django app `task`, with the label `arrivals` because hosts have apps called task and labels cannot change."""

from importlib import import_module

from django.apps import AppConfig


class TaskConfig(AppConfig):
    name = "task"
    label = "arrivals"
    verbose_name = "Jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        for module in ("signals", "access_signals"):  # here because their receivers need the models
            import_module(f"task.{module}")
