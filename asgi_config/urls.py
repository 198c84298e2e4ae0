"""Every HTTP URL of the site. The WebSocket's is in asgi.py."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path, re_path

import task.api.urls
from asgi_config.sign_in.views import SignIn, sign_in_by_link
from asgi_config.web.views import to_static_file

handler400 = "asgi_config.web.views.bad_request_page"
handler500 = "asgi_config.web.views.server_error_page"

urlpatterns = [
    path("", include("task.urls")),
    path("api/", task.api.urls.urls),
    path("accounts/login/", SignIn.as_view(), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("accounts/link/", sign_in_by_link, name="sign_in_link"),
    path("admin/", admin.site.urls),
    path("favicon.ico", to_static_file, {"path": "task/img/arrivals.svg", "version": ""}),
    re_path(r"^static/(?:(?P<version>[0-9a-f]{12})/)?(?P<path>.+)$", to_static_file),
]
