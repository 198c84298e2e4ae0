"""Fills the extra field of the user model, as a site with such a field does."""

from django.apps import AppConfig


class AnotherUserConfig(AppConfig):
    name = "tests.another_user"
    label = "another_user"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from task.accounts.columns import SOURCES  # noqa: PLC0415 (it needs the user model, which is loaded by now)

        SOURCES["customer_number"] = lambda identity: f"C-{identity.username}"
