"""Connects the receivers for users that no job made."""

from importlib import import_module

from django.apps import AppConfig


class TaskConfig(AppConfig):
    name = "task"

    def ready(self) -> None:
        import_module("task.signals")
