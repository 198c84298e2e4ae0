"""Fills the user model's own field, as an application does that brings one."""

from django.apps import AppConfig


class AnotherUserConfig(AppConfig):
    name = "tests.another_user"
    label = "another_user"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from task.accounts.columns import SOURCES  # noqa: PLC0415 (it needs the user model, which is loaded by now)

        SOURCES["customer_number"] = lambda identity: f"C-{identity.username}"
