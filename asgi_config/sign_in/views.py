"""The sign-in page and its form."""

from typing import Any

from django.contrib.auth import get_user_model, logout
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.db import DatabaseError, transaction
from django.http import HttpResponse


class SignInForm(AuthenticationForm):
    """An account that is removed in the middle of its sign-in, the first of which hashes for 0.2 s, is a wrong name."""

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except DatabaseError:
            if is_known(self.cleaned_data["username"]):
                raise
            raise self.get_invalid_login_error() from None


class SignIn(LoginView):
    template_name = "task/login.html"
    authentication_form = SignInForm

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """One transaction: on SQLite each write waits for the writer by itself. The hash was before it."""
        try:
            with transaction.atomic():
                return super().form_valid(form)
        except DatabaseError:
            if is_known(form.cleaned_data["username"]):
                raise
            logout(self.request)
            form.add_error(None, form.get_invalid_login_error())
            return self.form_invalid(form)


def is_known(username: str) -> bool:
    people = get_user_model()._default_manager
    return people.filter(**{get_user_model().USERNAME_FIELD: username}).exists()
