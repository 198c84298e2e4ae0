"""The one place that words errors of Redis for operators. Pure."""

from urllib.parse import urlsplit

SPEAKS_NO_TLS = ("it does not answer with TLS", "Write redis:// for a port without TLS.")
NEEDS_PASSWORD = ("it requires a password", "Write redis://:PASSWORD@HOST:6379/0.")
# A part of the text of redis-py or OpenSSL, the reason, and what to do.
KNOWN = (
    ("Hostname mismatch", "its certificate is for another host", "Use the certificate's name in REDIS_URL."),
    ("IP address mismatch", "its certificate is for another host", "Use the certificate's name in REDIS_URL."),
    (
        "certificate verify failed",
        "its certificate is not trusted",
        "For an authority of your own add ?ssl_ca_certs=FILE to REDIS_URL.",
    ),
    ("WRONG_VERSION_NUMBER", *SPEAKS_NO_TLS),
    ("handshake operation timed out", *SPEAKS_NO_TLS),
    ("No such file", "the file of ssl_ca_certs does not exist", "Correct REDIS_URL."),
    ("Connection reset", "it closed the connection", "Write rediss:// for a port with TLS."),
    ("Connection closed", "it closed the connection", "Write rediss:// for a port with TLS."),
    ("invalid username-password", "it refuses the password", "Correct REDIS_URL."),
    ("Authentication required", *NEEDS_PASSWORD),
    ("already authenticated", *NEEDS_PASSWORD),  # to the command HELLO
    ("DB index is out of range", "it has no database of this number", "Correct the number at the end of REDIS_URL."),
    ("Connection refused", "nothing listens there", "Start it, or unset REDIS_URL."),
    ("not known", "the host name is unknown", "Correct REDIS_URL."),
    ("No address associated", "the host name is unknown", "Correct REDIS_URL."),
    ("Timeout", "it does not answer in time", "Check the address and the server, or unset REDIS_URL."),
)


def describe(error: BaseException, address: str) -> str:
    """Returns the reason and what to do about it. Does not quote the error, which may hold a password."""
    text = _text_with_causes(error)
    known = (f"{reason}. {remedy}" for part, reason, remedy in KNOWN if part in text)
    url = urlsplit(address)
    host = f"[{url.hostname}]" if ":" in str(url.hostname) else url.hostname
    place = f"{url.scheme}://{host}:{url.port or 6379}{url.path}"
    return f"Redis at {place} cannot be used: {next(known, f'{type(error).__name__}. Check REDIS_URL.')}"


def _text_with_causes(error: BaseException | None) -> str:
    text = ""
    while error:
        text, error = f"{text}\n{error}", error.__cause__ or error.__context__
    return text
