"""One-time sign-in links, stored so that a copy of the database opens no door.

Only asgi_config.sign_in.links changes them.
"""

from django.conf import settings
from django.db import models


class SignInLink(models.Model):
    """`digest` is the SHA-256 of a token of 256 random bits, which only the printed address holds."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"link of {self.user_id} until {self.expires_at:%H:%M:%S}"
