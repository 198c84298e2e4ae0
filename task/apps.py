"""The installed app `task`: label `arrivals`, because hosts have apps called task and a label cannot change later."""

from importlib import import_module

from django.apps import AppConfig


class TaskConfig(AppConfig):
    name = "task"
    label = "arrivals"
    verbose_name = "Jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("task.signals")  # its receivers need the models
