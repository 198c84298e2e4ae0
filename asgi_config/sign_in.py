"""The sign-in page and its form."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.db import DatabaseError, transaction
from django.http import HttpResponse


class SignInForm(AuthenticationForm):
    """An account that is removed in the middle of its first sign-in, which hashes for 0.2 s, is a wrong name."""

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except DatabaseError:
            if self._is_known():
                raise
            raise self.get_invalid_login_error() from None

    def _is_known(self) -> bool:
        people = get_user_model()._default_manager
        return people.filter(**{get_user_model().USERNAME_FIELD: self.cleaned_data["username"]}).exists()


class SignIn(LoginView):
    template_name = "task/login.html"
    authentication_form = SignInForm

    @transaction.atomic
    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """One transaction: on SQLite each write waits for the writer by itself. The hash was before it."""
        return super().form_valid(form)
