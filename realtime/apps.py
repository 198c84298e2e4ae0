"""The installed app `realtime`: label `arrivals_feed`, because a label cannot change after a release."""

from django.apps import AppConfig


class RealtimeConfig(AppConfig):
    name = "realtime"
    label = "arrivals_feed"
    verbose_name = "Feeds"
    default_auto_field = "django.db.models.BigAutoField"
