"""A setting that cannot be used is an error that says what to do."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from asgi_config import environment


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("on", True), ("0", False), ("", False), ("No", False)])
def test_a_flag_is_on_or_off(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv("THE_FLAG", value)
    assert environment.flag("THE_FLAG") is expected


def test_a_flag_that_is_neither_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_FLAG", "maybe")
    with pytest.raises(ImproperlyConfigured, match="use 1 or 0"):
        environment.flag("THE_FLAG")


@pytest.mark.parametrize("value", ["x", "-1", "0", "1.5", "²"])
def test_a_number_below_its_least_or_none_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("THE_NUMBER", value)
    with pytest.raises(ImproperlyConfigured, match="THE_NUMBER"):
        environment.number("THE_NUMBER", 5)


@pytest.mark.parametrize("value", ["x", "-1", "0", "nan", "inf"])
def test_seconds_are_above_0(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("THE_SECONDS", value)
    with pytest.raises(ImproperlyConfigured, match="THE_SECONDS"):
        environment.seconds("THE_SECONDS", 5)


def test_an_empty_variable_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_NUMBER", " ")
    assert environment.number("THE_NUMBER", 5) == 5


def test_an_unknown_choice_names_the_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_CHOICE", "z")
    with pytest.raises(ImproperlyConfigured, match="use one of a, b"):
        environment.choice("THE_CHOICE", "a", ["a", "b"])


def test_words_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_WORDS", "a, b,,c ")
    assert environment.words("THE_WORDS") == ["a", "b", "c"]


def test_the_environment_comes_before_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "secret_key"
    assert environment.text_or_file("THE_KEY", file) == ""
    file.write_text("kept\n")
    assert environment.text_or_file("THE_KEY", file) == "kept"
    monkeypatch.setenv("THE_KEY", "given")
    assert environment.text_or_file("THE_KEY", file) == "given"
