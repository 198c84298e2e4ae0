"""One-time sign-in links. Only asgi_config.sign_in.links writes them."""

from django.conf import settings
from django.db import models


class SignInLink(models.Model):
    """`digest` is the SHA-256 of a token of 256 random bits, so a copy of the database contains no usable link."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"link of {self.user_id} until {self.expires_at:%H:%M:%S}"
