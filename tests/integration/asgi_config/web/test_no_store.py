"""Pages with names and e-mail addresses stay in no cache. Static files stay in the browser's."""

import pytest
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.test import Client, override_settings
from django.urls import path, reverse
from django.views.decorators.cache import cache_control

from tests.support.clients.visiting import job_at, person, visit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]


@cache_control(max_age=60, private=True)
def kept_by_its_view(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ann@example.com")


urlpatterns = [path("kept/", kept_by_its_view)]


def own_pages() -> list[str]:
    job = job_at(created=500, state="finished")
    acts = [reverse(f"{act}_job", args=[job.pk]) for act in ("cancel", "retry", "forget", "remove")]
    fixed = [
        reverse(name) for name in ("home", "users_list", "generate", "jobs", "login", "sign_in_link", "password_change")
    ]
    return [*fixed, reverse("job", args=[job.pk]), *acts, "/users/?q=ann", "/nowhere/", "/health/live", "/api/users"]


def admin_pages(user_id: int) -> list[str]:
    lists = [reverse(f"admin:{m._meta.app_label}_{m._meta.model_name}_changelist") for m in admin.site._registry]
    others = [reverse(f"admin:{name}") for name in ("index", "jsi18n", "password_change")]
    return [*lists, *others, reverse("admin:auth_user_change", args=[user_id]), "/admin/nowhere/"]


def test_every_page_of_a_signed_in_user_stays_in_no_cache() -> None:
    user = person("ann")
    user.is_staff = user.is_superuser = True
    user.save()
    client = visit(user)
    kept = {
        address: header
        for address in [*own_pages(), *admin_pages(user.pk)]
        if "no-store" not in (header := client.get(address).headers.get("Cache-Control", ""))
    }
    assert kept == {}


@override_settings(ROOT_URLCONF=__name__)
def test_a_view_cannot_let_its_page_into_a_cache() -> None:
    assert Client().get("/kept/").headers["Cache-Control"] == "no-store"


def test_a_static_file_stays_in_the_cache_of_a_signed_in_user() -> None:
    answer = visit(person("ann")).get(static("task/img/arrivals.svg"))
    answer.close()
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
