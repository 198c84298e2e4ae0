"""Generated accounts have no rights over users, groups, permissions and jobs, whatever their groups gain later."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from realtime.endpoints.access import authorise
from realtime.protocol import CloseCode, Disconnect
from task import tokens
from task.accounts.protected import protected_models, protected_permissions
from task.options import Options
from tests.support.clients.caller import Caller, person
from tests.support.stepping import finished

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

User = get_user_model()
PASSWORD = "Correct-horse-7"
OURS = ["auth.view_user", "auth.add_group", "auth.change_permission", "arrivals.add_job", "arrivals.export_credentials"]


def generated(*, is_staff: bool = False) -> Any:
    """An account with a known password, whose group gained every permission after the job."""
    group = Group.objects.create(name="testers")
    job = finished(1, options=Options(groups=(group.pk,), passwords="shared", shared_password=PASSWORD))
    group.permissions.set(Permission.objects.all())
    user = User.objects.get(account__job=job)
    user.user_permissions.set(Permission.objects.all())
    User.objects.filter(pk=user.pk).update(is_staff=is_staff)
    return User.objects.get(pk=user.pk)


def test_it_lacks_protected_permissions_of_its_groups_and_has_the_others() -> None:
    user = generated()
    assert [name for name in OURS if user.has_perm(name)] == []
    assert [name for name in OURS if async_to_sync(user.ahas_perm)(name)] == []
    assert user.has_perm("admin.view_logentry")


def test_another_user_of_the_group_has_them() -> None:
    generated()
    other = User.objects.create_user("other")
    other.groups.add(Group.objects.get())
    assert [name for name in OURS if not other.has_perm(name)] == []


def test_pages_refuse_its_session() -> None:
    user, client = generated(), Client()
    assert client.post("/accounts/login/", {"username": user.username, "password": PASSWORD}).status_code == 302
    assert [client.get(path).status_code for path in ("/users/", "/generate/", "/jobs/")] == [403] * 3


def test_the_admin_shows_it_no_users_and_no_jobs() -> None:
    client = Client()
    client.force_login(generated(is_staff=True))
    assert client.get("/admin/").status_code == 200
    paths = ("auth/user/", "auth/group/", "arrivals/job/", "arrivals_feed/feedhead/")
    assert [client.get(f"/admin/{path}").status_code for path in paths] == [403] * 4


def test_api_and_socket_refuse_its_token() -> None:
    token = tokens.make_token(user=generated(), name="own", days=None)
    api = Caller(headers={"Authorization": f"Bearer {token}"})
    assert api.post("/api/jobs", {"total": 50}).problem == (403, "not_allowed")
    with pytest.raises(Disconnect) as error:
        authorise(
            {"headers": [(b"authorization", f"Bearer {token}".encode())], "subprotocols": []},
            "auth.view_user",
            tokens.token_user,
        )
    assert error.value.code == CloseCode.NOT_ALLOWED


def test_a_check_costs_one_query_for_a_user_that_no_job_made(django_assert_num_queries: Any) -> None:
    user = User.objects.get(pk=person("ann", "view_user").pk)
    with django_assert_num_queries(3):  # is it generated, its own permissions, those of its groups
        assert user.has_perm("auth.view_user")
        assert not user.has_perm("arrivals.add_job")


def test_protected_are_users_groups_permissions_and_our_models_and_no_other_of_their_apps() -> None:
    """A site's own models may be in the app of its user model."""
    names = {f"{model._meta.app_label}.{model.__name__}" for model in protected_models()}
    assert {"auth.User", "auth.Group", "auth.Permission", "arrivals.Job", "asgi_config.SignInLink"} <= names
    assert {name.partition(".")[0] for name in names} == {"auth", "arrivals", "arrivals_feed", "asgi_config"}
    other = ContentType.objects.create(app_label="auth", model="badge")
    permission = Permission.objects.create(content_type=other, codename="view_badge", name="Can view badge")
    assert permission not in protected_permissions()
