"""The Django app `task`, with the label `arrivals` because hosts have apps called task and labels cannot change."""

from importlib import import_module

from django.apps import AppConfig


class TaskConfig(AppConfig):
    name = "task"
    label = "arrivals"
    verbose_name = "Jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("task.signals")  # here because its receivers need the models
