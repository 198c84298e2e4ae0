"""The form of the sign-in page."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.forms import AuthenticationForm
from django.db import DatabaseError


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
