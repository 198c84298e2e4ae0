"""Log lines: their layout, their context, and the secrets that are removed from them."""

import json
import logging
import sys

import pytest
from django.http import HttpRequest

from asgi_config.logs.formatters import JsonLines, TextLines
from asgi_config.logs.redaction import redacted
from asgi_config.logs.refusals import RefusedRequests
from asgi_config.web.request_id import id_of
from realtime.log_context import fields, log_context

SECRETS = [
    ("operator@mail.example is taken", "operator@mail.example"),
    ("DETAIL: Key (email)=(ann.b+c@example.com) already exists", "ann.b+c@example.com"),
    ("arr_" + "x" * 43 + " is unknown", "arr_" + "x" * 43),
    ("GET /accounts/link/?token=Crd_UF0bStx-bcWMo8", "Crd_UF0bStx-bcWMo8"),
    ("Authorization: Bearer abcdefgh12345678", "abcdefgh12345678"),
    ("cookie: sessionid=0123456789abcdef; csrftoken=fedcba9876543210", "0123456789abcdef"),
    ("cookie: sessionid=0123456789abcdef; csrftoken=fedcba9876543210", "fedcba9876543210"),
    ("__Host-arrivals_session_0f1e2d3c=0123456789abcdef", "0123456789abcdef"),
    ("{'username': 'ann', 'password': 'correct horse'}", "correct horse"),
    ('{"password1": "correct horse"}', "correct horse"),
    ("Authorization: Basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNzd29yZA"),
    ("METRICS_TOKEN=abcdefgh12345678", "abcdefgh12345678"),
    ('{"redis_password": "s3cr3t"}', "s3cr3t"),
    ("redis://:s3cr3t@redis.example:6379/0 is away", "s3cr3t"),
    ("postgres://ann:s3cr3t@db.example/arrivals", "s3cr3t"),
    ("pbkdf2_sha256$1$salt$digest=", "digest"),
    ("Cookie: a=b; another_programs=s3cr3t", "s3cr3t"),
    ("[(b'host', b'x'), (b'cookie', b'any=s3cr3t; more=s3cr3t')]", "s3cr3t"),
    ("(b'authorization', b'Basic s3cr3t')", "s3cr3t"),
    ("DETAIL:  Key (session_key)=(s3cr3t) already exists.", "s3cr3t"),
    ("DETAIL:  Key (username, note)=(a), (s3cr3t) already exists.", "s3cr3t"),
    ("DETAIL:  Failing row contains (1, null, s3cr3t (really)).", "s3cr3t"),
    ("{'session_key': 's3cr3t'}", "s3cr3t"),
    ("redis://:pass@s3cr3t@redis.example:6379/0 is away", "s3cr3t"),
    ("requirepass s3cr3t", "s3cr3t"),
    ("{'password': 'it\\'s s3cr3t'}", "s3cr3t"),
    ("client_secret=s3cr3t, api_key: s3cr3t", "s3cr3t"),
]
SIGNS = ["\x1b[2J", "\x7f", "\x9b2J", "\u2028", "\u202e", "\x85", "\U000e0041"]


def record(message: str, *args: object, **more: object) -> logging.LogRecord:
    made = logging.LogRecord("task.jobs.slices", logging.INFO, __file__, 1, message, args, None)
    made.__dict__.update(more)
    return made


@pytest.mark.parametrize(("text", "secret"), SECRETS, ids=[str(number) for number in range(len(SECRETS))])
def test_secrets_and_email_addresses_are_removed_from_every_line(text: str, secret: str) -> None:
    assert secret not in redacted(text)
    assert secret not in TextLines().format(record("%s", text, fields={"more": text}))
    assert secret not in JsonLines().format(record("%s", text, fields={"more": text}))


@pytest.mark.parametrize(
    "text",
    [
        "Task task.tasks.rescue_jobs[0b5e] succeeded in 0.01s: 0",
        "celery@web-1.example.com ready.",
        "Connected to redis://127.0.0.1:6379/0",
        "Job 7 is asked for: 60 accounts",
    ],
)
def test_text_without_secrets_is_unchanged(text: str) -> None:
    assert redacted(text) == text


def test_a_text_line_has_time_level_logger_message_and_context_fields() -> None:
    with log_context(request="abc", job=7, task=None):
        line = TextLines().format(record("Job %s goes on", 7, fields={"ms": 3, "why": 'a "lock"'}))
    when, _, rest = line.partition(" ")
    assert when.endswith("Z")
    assert rest == 'INFO task.jobs.slices: Job 7 goes on request=abc job=7 ms=3 why="a \\"lock\\""'


def test_a_json_line_with_a_traceback_is_one_object() -> None:
    try:
        int("two\nlines")
    except ValueError:
        line = JsonLines().format(record("It\nfails", exc_info=sys.exc_info()))
    content = json.loads(line)
    assert "\n" not in line
    assert (content["level"], content["logger"], content["message"]) == ("INFO", "task.jobs.slices", "It\nfails")
    assert "ValueError: invalid literal" in content["error"]


@pytest.mark.parametrize(
    "address",
    ["://" + ":" * 300_000, "token" + " " * 300_000, "token='" * 40_000, "Key (" * 60_000, "'cookie', '\\" * 20_000],
)
def test_a_long_address_is_redacted_in_one_pass(address: str) -> None:
    """A rule that searches again from each position would take minutes."""
    assert redacted(address).startswith(address[:5])


@pytest.mark.parametrize("sign", SIGNS)
def test_control_characters_are_escaped_in_a_json_line_and_its_value_stays(sign: str) -> None:
    line = JsonLines().format(record("GET %s", f"/{sign}", fields={"more": sign}))
    assert line.isprintable()
    assert (json.loads(line)["message"], json.loads(line)["more"]) == (f"GET /{sign}", sign)


@pytest.mark.parametrize("sign", SIGNS)
def test_control_characters_from_a_visitor_do_not_reach_the_terminal(sign: str) -> None:
    line = TextLines().format(record("GET %s", f"/{sign}", fields={"more": sign, "words": f"two {sign}"}))
    assert line.isprintable()
    assert TextLines().format(record("GET %s", "/gr\xfc\xdfe")).endswith("GET /gr\xfc\xdfe")


def test_a_visitor_cannot_forge_a_log_line() -> None:
    assert "\n" not in TextLines().format(record("GET %s", "/\n2026 INFO forged"))


@pytest.mark.parametrize("kind", [TextLines, JsonLines])
def test_a_visitor_cannot_make_a_line_long(kind: type[TextLines | JsonLines]) -> None:
    line = kind().format(record("GET %s", "/" + "a" * 16_000, fields={"more": "b" * 16_000}))
    assert len(line) < 1_500
    assert "... (15005 more characters)" in line


@pytest.mark.parametrize("kind", [TextLines, JsonLines])
def test_a_long_error_keeps_its_end(kind: type[TextLines | JsonLines]) -> None:
    try:
        dict[str, str]()["a" * 100_000 + " the reason"]
    except KeyError:
        line = kind().format(record("It fails", exc_info=sys.exc_info()))
    assert len(line) < 21_000
    assert "the reason" in line


@pytest.mark.parametrize(("level", "is_logged"), [("DEBUG", True), ("INFO", True), ("WARNING", False)])
def test_a_request_that_django_refuses_is_one_quiet_line(level: str, is_logged: bool) -> None:
    try:
        HttpRequest().get_host()
    except KeyError:
        refused = record("Invalid HTTP_HOST header", exc_info=sys.exc_info())
    refused.name, refused.levelno, refused.levelname = "django.security.DisallowedHost", logging.ERROR, "ERROR"
    assert RefusedRequests(level).filter(refused) == is_logged
    assert TextLines().format(refused).endswith(" INFO django.security.DisallowedHost: Invalid HTTP_HOST header")


def test_log_context_ends_with_its_block() -> None:
    with log_context(request="a"):
        with log_context(connection="b"):
            assert fields() == {"request": "a", "connection": "b"}
        assert fields() == {"request": "a"}
    assert fields() == {}


@pytest.mark.parametrize(
    "given", ["short", "a" * 65, "with space and more", "line\nbreak-and-more", "-begins-wrong", "", None]
)
def test_a_request_id_unfit_for_a_log_is_replaced(given: str | None) -> None:
    made = id_of(given)
    assert made != given
    assert len(made) == 32


def test_a_valid_request_id_is_kept() -> None:
    assert id_of("req-2026.11_23-0001") == "req-2026.11_23-0001"
