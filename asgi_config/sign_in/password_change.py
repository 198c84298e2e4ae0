"""The page on which a signed-in user changes the password. The old one counts as a sign-in, so it has the same lock.

It replaces the admin's page, which only staff can open, and which checks old passwords without a limit.
"""

import logging
from typing import Any

from django.contrib import messages
from django.contrib.auth import authenticate, logout
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy

from asgi_config.sign_in.lockout import user_exists

DONE = "Your password is changed. Your other sessions have ended."

logger = logging.getLogger(__name__)


class LockedPasswordChangeForm(PasswordChangeForm):
    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._request = request

    def clean_old_password(self) -> str:
        password: str = self.cleaned_data["old_password"]
        if authenticate(self._request, username=self.user.get_username(), password=password) is None:
            raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return password

    def save(self, commit: bool = True) -> Any:
        """Raises DatabaseError if the user was deleted meanwhile. Django's own save would create the user again."""
        self.user.set_password(self.cleaned_data["new_password1"])
        self.user.save(update_fields=["password"])
        return self.user


class PasswordChange(PasswordChangeView):
    """Shows no form to a user without a password, who signs in by link."""

    form_class = LockedPasswordChangeForm
    template_name = "task/password_change.html"
    success_url = reverse_lazy("password_change")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        try:
            response = super().form_valid(form)
        except DatabaseError:
            if user_exists(form.user.get_username()):
                raise
            logout(self.request)
            return redirect("login")
        logger.info("Changed the password", extra={"fields": {"user": form.user.pk}})
        messages.success(self.request, DONE)
        return response
