"""Settings from the environment: an unusable value is an error with its remedy."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from asgi_config import environment


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("on", True), ("0", False), ("", False), ("No", False)])
def test_a_flag_is_on_or_off(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv("THE_FLAG", value)
    assert environment.flag("THE_FLAG") is expected


def test_a_flag_with_another_value_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_FLAG", "maybe")
    with pytest.raises(ImproperlyConfigured, match="use 1 or 0"):
        environment.flag("THE_FLAG")


@pytest.mark.parametrize("value", ["x", "-1", "0", "1.5", "²", "10", "9" * 30])
def test_a_number_outside_its_range_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("THE_NUMBER", value)
    with pytest.raises(ImproperlyConfigured, match=f"^THE_NUMBER='{value}' is not a whole number from 1 to 9.$"):
        environment.number("THE_NUMBER", 5, most=9)


@pytest.mark.parametrize("value", ["x", "-1", "0", "nan", "inf", "86401", "1e300"])
def test_seconds_must_be_above_0_and_at_most_a_day(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("THE_SECONDS", value)
    with pytest.raises(ImproperlyConfigured, match=f"^THE_SECONDS='{value}' .* above 0, up to 86400.$"):
        environment.seconds("THE_SECONDS", 5)


@pytest.mark.parametrize(("value", "seconds"), [("0", 0), ("0.0", 0), ("2.5", 2.5)])
def test_seconds_may_be_0_where_allowed(monkeypatch: pytest.MonkeyPatch, value: str, seconds: float) -> None:
    monkeypatch.setenv("THE_SECONDS", value)
    assert environment.seconds("THE_SECONDS", 5, may_be_zero=True) == seconds


@pytest.mark.parametrize("value", ["x", "-1", "nan", "inf"])
def test_seconds_below_0_are_refused_where_0_is_allowed(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("THE_SECONDS", value)
    with pytest.raises(ImproperlyConfigured, match="from 0 to 86400"):
        environment.seconds("THE_SECONDS", 5, may_be_zero=True)


def test_an_empty_variable_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_NUMBER", " ")
    assert environment.number("THE_NUMBER", 5, most=9) == 5


def test_the_error_for_an_unknown_choice_names_the_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_CHOICE", "z")
    with pytest.raises(ImproperlyConfigured, match="use one of a, b"):
        environment.choice("THE_CHOICE", "a", ["a", "b"])


def test_words_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_WORDS", "a, b,,c ")
    assert environment.words("THE_WORDS") == ["a", "b", "c"]


@pytest.mark.parametrize(
    "options", ["", "?ssl_cert_reqs=required", "?ssl_ca_certs=/etc/ssl/ca.pem&ssl_cert_reqs=required"]
)
def test_a_redis_address_may_require_verification(options: str) -> None:
    environment.require_redis_address(f"rediss://:password@redis.example:6380/0{options}")


@pytest.mark.parametrize(
    "value", ["none", "optional", "CERT_NONE", "CERT_REQUIRED", "no%6ee", "required&ssl_cert_reqs=none"]
)
def test_a_redis_address_may_not_turn_verification_off(value: str) -> None:
    """CERT_NONE turns it off for the queue only, because the other Redis clients reject the word."""
    with pytest.raises(ImproperlyConfigured, match="Leave it out"):
        environment.require_redis_address(f"rediss://redis.example/0?ssl_cert_reqs={value}")


@pytest.mark.parametrize("name", environment.REFUSED)
def test_a_variable_that_would_override_settings_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "x")
    with pytest.raises(ImproperlyConfigured, match=f"^{name} is set"):
        environment.refuse_variables_of_libraries()


def test_deployments_with_different_keys_have_different_names_in_redis() -> None:
    assert environment.redis_prefix("one") == environment.redis_prefix("one") != environment.redis_prefix("another")


def test_a_variable_has_precedence_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "secret_key"
    assert environment.secret("THE_KEY", file) == ""
    file.write_text("kept\n")
    assert environment.secret("THE_KEY", file) == "kept"
    monkeypatch.setenv("THE_KEY", "given")
    assert environment.secret("THE_KEY", file) == "given"


def test_a_secret_is_read_from_the_named_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The named file has precedence over the file that `live` keeps."""
    file, kept = tmp_path / "given", tmp_path / "kept"
    file.write_text("from the file\n")
    kept.write_text("kept")
    monkeypatch.setenv("THE_KEY_FILE", str(file))
    assert environment.secret("THE_KEY", kept) == "from the file"


@pytest.mark.parametrize(
    ("content", "remedy"), [(None, "name a file that this user can read"), (b" \n", "is empty"), (b"\xff", "not text")]
)
def test_a_named_file_without_a_secret_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, remedy: str
) -> None:
    if content is not None:
        (tmp_path / "given").write_bytes(content)
    monkeypatch.setenv("THE_KEY_FILE", str(tmp_path / "given"))
    with pytest.raises(ImproperlyConfigured, match=remedy) as raised:
        environment.secret("THE_KEY")
    assert "THE_KEY_FILE" in str(raised.value)


def test_a_secret_that_is_given_twice_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("THE_KEY", "given")
    monkeypatch.setenv("THE_KEY_FILE", str(tmp_path / "given"))
    with pytest.raises(ImproperlyConfigured, match="keep one of them"):
        environment.secret("THE_KEY")
