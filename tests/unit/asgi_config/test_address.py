"""The address of a `live` service for browsers and for probes, and the advice for names that are refused."""

from pathlib import Path

import pytest

from asgi_config.live.address import accepted_name, address_of, advice, read

LOCAL = ["localhost", "127.0.0.1", "[::1]"]


@pytest.mark.parametrize(
    ("host", "allowed", "address"),
    [
        ("127.0.0.1", LOCAL, "http://127.0.0.1:8000"),
        ("localhost", LOCAL, "http://localhost:8000"),
        ("0.0.0.0", LOCAL, "http://127.0.0.1:8000"),
        ("0.0.0.0", ["*"], "http://127.0.0.1:8000"),
        ("0.0.0.0", ["demo.example"], "http://demo.example:8000"),
        ("0.0.0.0", [".example"], "http://127.0.0.1:8000"),
        ("::", LOCAL, "http://[::1]:8000"),
        ("::1", LOCAL, "http://[::1]:8000"),
        ("192.0.2.7", LOCAL, "http://192.0.2.7:8000"),
    ],
)
def test_the_address_can_be_opened_in_a_browser(host: str, allowed: list[str], address: str) -> None:
    assert address_of(host=host, port=8000, https=False, allowed_hosts=allowed) == address


@pytest.mark.parametrize(
    ("allowed", "address"), [(["demo.example"], "https://demo.example"), ([".example"], "https://127.0.0.1")]
)
def test_with_https_the_address_is_the_first_allowed_name(allowed: list[str], address: str) -> None:
    assert address_of(host="0.0.0.0", port=8000, https=True, allowed_hosts=allowed) == address


@pytest.mark.parametrize(
    ("allowed", "name"), [(["demo.example"], "demo.example"), (["*"], "localhost"), ([".example"], "example")]
)
def test_the_probe_uses_an_accepted_host_name(allowed: list[str], name: str) -> None:
    assert accepted_name(allowed) == name


def test_a_refused_host_name_gets_advice_with_the_remedy() -> None:
    assert advice(host="192.0.2.7", allowed_hosts=LOCAL) == (
        "Requests to 192.0.2.7 are refused: add it to ALLOWED_HOSTS."
    )


def test_listening_everywhere_with_only_local_names_gets_advice() -> None:
    assert "ALLOWED_HOSTS" in (advice(host="0.0.0.0", allowed_hosts=LOCAL) or "")


@pytest.mark.parametrize(
    ("host", "allowed"), [("127.0.0.1", LOCAL), ("0.0.0.0", [*LOCAL, "demo.example"]), ("192.0.2.7", ["*"])]
)
def test_working_settings_get_no_advice(host: str, allowed: list[str]) -> None:
    assert advice(host=host, allowed_hosts=allowed) is None


def test_without_a_file_the_address_is_the_configured_one(tmp_path: Path) -> None:
    assert read(tmp_path / "address", default="http://localhost:8000") == "http://localhost:8000"
