"""The database fails at any one statement of a request: the answer is 503, or the same as without the fault."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from axes.models import AccessAttempt
from django.contrib.auth import get_user_model
from django.db import OperationalError, connection
from django.db.backends.signals import connection_created
from django.test import Client

from asgi_config.sign_in.links import make_link
from realtime import outbox
from task import tokens
from task.jobs.start import start_job
from tests.support.answer import Answer
from tests.support.clients.caller import answer_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis")]

Send = Callable[[], Any]
Prepare = Callable[[Client], Send]
PASSWORD = "only-for-this-test"
READ_ONLY = {
    "sqlite": ("PRAGMA query_only = 1", "PRAGMA query_only = 0"),
    "postgresql": ("SET default_transaction_read_only = on", "SET default_transaction_read_only = off"),
}
FAULT = "the database fails at any one statement of a request"
HIDDEN = "secret: the connection is refused"


class Fault:
    """Fails the statement with that number, counted over all connections of this process."""

    def __init__(self, number: int, kind: type[Exception]) -> None:
        self.statements = 0
        self._number = number
        self._kind = kind

    def execute(self, execute: Any, *statement: Any) -> Any:
        self.statements += 1
        if self.statements == self._number:
            raise self._kind(HIDDEN)
        return execute(*statement)


@contextmanager
def fault_at(number: int, kind: type[Exception] = OperationalError) -> Iterator[Fault]:
    fault, others = Fault(number, kind), []

    def add(connection: Any, **kwargs: Any) -> None:
        """For the connections of other threads, which read for a long poll."""
        if fault.execute not in connection.execute_wrappers:
            connection.execute_wrappers.append(fault.execute)
            others.append(connection)

    connection_created.connect(add)
    try:
        with connection.execute_wrapper(fault.execute):
            yield fault
    finally:
        connection_created.disconnect(add)
        for other in others:
            other.execute_wrappers.remove(fault.execute)


def sign_in(client: Client) -> Send:
    client.logout()
    return lambda: client.post("/accounts/login/", {"username": "ada", "password": PASSWORD})


def sign_in_wrongly(client: Client) -> Send:
    client.logout()
    AccessAttempt.objects.all().delete()  # ten lock the user out
    return lambda: client.post("/accounts/login/", {"username": "ada", "password": "wrong"})


def sign_in_by_link(client: Client) -> Send:
    client.logout()
    link = make_link(user=get_user_model().objects.get(username="ada"), address="")
    return lambda: client.get(link)


def sign_out(client: Client) -> Send:
    client.force_login(get_user_model().objects.get(username="ada"))
    return lambda: client.post("/accounts/logout/")


def generate(client: Client) -> Send:
    return lambda: client.post("/generate/", {"total": 5, "request_id": uuid4()})


def ask_api(client: Client) -> Send:
    return lambda: client.post("/api/jobs", {"total": 5}, "application/json")


def cancel(client: Client) -> Send:
    job = start_job(total=5).job
    return lambda: client.post(f"/api/jobs/{job.pk}/cancel", b"", "application/json")


def get(address: str) -> Prepare:
    return lambda client: lambda: client.get(address)


@pytest.fixture
def ada() -> Any:
    return get_user_model().objects.create_superuser("ada", "ada@mail.example", PASSWORD)


def answers(prepare: Prepare, client: Client) -> Iterator[Answer]:
    """Sends the request again and again: with a fault at its first statement, its second, ... and without a fault."""
    for number in count(1):
        send = prepare(client)
        with fault_at(number) as fault:
            yield answer_of(send())
        if fault.statements < number:
            return


def check(found: list[Answer]) -> None:
    *faulty, well = found
    assert well.status in {200, 202, 302}, well.text
    refused = [answer for answer in faulty if answer.status != well.status]
    assert refused
    assert {answer.status for answer in refused} == {503}, [answer.status for answer in found]
    assert all(answer.headers["Retry-After"] == "5" and "secret" not in answer.text for answer in refused)


@pytest.mark.fault(FAULT)
@pytest.mark.parametrize(
    "prepare",
    [get("/users/"), get("/jobs/"), get("/generate/"), get("/admin/auth/user/"), generate]
    + [sign_in, sign_in_wrongly, sign_in_by_link, sign_out],
)
def test_a_page_whose_database_fails_at_any_statement_gets_503(ada: Any, prepare: Prepare) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(ada)
    check([*answers(prepare, client)])


@pytest.mark.fault(FAULT)
@pytest.mark.parametrize(
    "prepare", [get("/api/jobs"), get("/api/users"), get("/api/events?after=0&limit=2"), ask_api, cancel]
)
def test_an_api_request_whose_database_fails_at_any_statement_gets_503(ada: Any, prepare: Prepare) -> None:
    token = tokens.make_token(user=ada, name="test", days=None)
    check([*answers(prepare, Client(raise_request_exception=False, headers={"Authorization": f"Bearer {token}"}))])


@pytest.mark.fault("the database refuses writes")
def test_a_database_that_refuses_writes_gets_503_and_still_answers_reads(ada: Any) -> None:
    """Like a standby of PostgreSQL after a failover."""
    client = Client(raise_request_exception=False)
    client.force_login(ada)
    outbox.relay("users")
    get_user_model().objects.create(username="waits in the outbox")
    on, off = READ_ONLY[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(on)
        try:
            read, written = client.get("/jobs/"), ask_api(client)()
        finally:
            cursor.execute(off)
    assert (read.status_code, answer_of(written).problem) == (200, (503, "unavailable"))
