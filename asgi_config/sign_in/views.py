"""Sign-in with a password and with a one-time link."""

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from asgi_config.sign_in.links import is_usable, use_link
from asgi_config.sign_in.lockout import user_exists


class SignIn(LoginView):
    template_name = "task/login.html"

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Signs in within one transaction, because on SQLite each write of its own waits for the writer lock.

        The password was hashed before the transaction.
        """
        try:
            with transaction.atomic():
                return super().form_valid(form)
        except DatabaseError:
            if user_exists(form.cleaned_data["username"]):
                raise
            logout(self.request)
            form.add_error(None, form.get_invalid_login_error())
            return self.form_invalid(form)


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_by_link(request: HttpRequest) -> HttpResponse:
    """Shows a button, which signs in by POST. Link previews and prefetch send GET, which must not use the link up."""
    if request.method == "POST":
        is_valid = _sign_in(request, token=request.POST.get("token", ""))
        response: HttpResponse = redirect("home")
    else:
        token = request.GET.get("token", "")
        is_valid = is_usable(token=token)
        response = render(request, "task/link.html", {"token": token})
    if not is_valid:
        response = render(request, "task/link_expired.html", status=403)
    # With `no-referrer` browsers would send `Origin: null` with the form, which Django's CSRF check refuses.
    response.headers["Referrer-Policy"] = "strict-origin"
    return response


@transaction.atomic
def _sign_in(request: HttpRequest, *, token: str) -> bool:
    """Returns False for an invalid link. One transaction: on SQLite its three writes wait for the writer lock once."""
    user = use_link(token=token)
    if user:
        login(request, user, backend=settings.PASSWORD_BACKEND)
    return user is not None
