"""Passwords: derived from SECRET_KEY and the job's nonce, never stored, and hashed with one round. Pure.

The argument for both is in docs/decisions/0002.
"""

import base64
import hmac
import string
from collections.abc import Callable
from dataclasses import dataclass
from os import urandom

ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
LENGTH = 50
NONCE_BYTES = 32

# 256 is a multiple of the 32 symbols, so every byte of the MAC gives 5 unbiased bits: 250 in all.
SYMBOLS = bytes(ord(ALPHABET[byte % len(ALPHABET)]) for byte in range(256))
SALT_SYMBOLS = bytes(ord((string.ascii_letters + string.digits)[byte % 62]) for byte in range(256))
SALT_LENGTH = 24
LIGHT_PREFIX = "pbkdf2_sha256$1$"
FIRST_BLOCK = b"\0\0\0\1"


@dataclass(frozen=True, slots=True)
class Deriver:
    """Derives the password of each username of one job. Results stay the same while SECRET_KEY and the nonce do.

    `mac` holds the job's key and is copied for each name: 1.3 us a password, where a new key each time takes 2.0.
    """

    mac: hmac.HMAC

    @classmethod
    def of_job(cls, secret_key: str, nonce: bytes) -> "Deriver":
        return cls(hmac.new(hmac.digest(_root(secret_key), nonce, "sha512"), digestmod="sha512"))

    def password(self, username: str) -> str:
        """Returns 50 letters and digits with 250 bits of entropy."""
        mac = self.mac.copy()
        mac.update(username.encode())
        return mac.digest()[:LENGTH].translate(SYMBOLS).decode()


def fingerprint(secret_key: str) -> str:
    """Identifies the key that passwords are derived from, without revealing it."""
    return hmac.digest(_root(secret_key), b"fingerprint", "sha256").hex()[:16]


def light_hash(password: str, random_bytes: Callable[[int], bytes] = urandom) -> str:
    """Hashes a derived password with one round of PBKDF2, in Django's format: 2 us instead of 216 ms.

    Only for derived passwords, because 250 bits cannot be guessed. Django's own hasher verifies the result and
    replaces it with a hash at full strength at the first sign-in.
    """
    salt = random_bytes(SALT_LENGTH).translate(SALT_SYMBOLS)
    return f"{LIGHT_PREFIX}{salt.decode()}${_one_round(password, salt)}"


def is_light_hash_of(password: str, stored: str) -> bool:
    """Verifies a stored hash that begins with LIGHT_PREFIX, in 2 us."""
    salt, _, digest = stored.removeprefix(LIGHT_PREFIX).partition("$")
    return hmac.compare_digest(_one_round(password, salt.encode()).encode(), digest.encode())


def _one_round(password: str, salt: bytes) -> str:
    """PBKDF2 of one round and one block is one HMAC (RFC 8018, 5.2), which is 0.4 us faster than pbkdf2_hmac."""
    return base64.b64encode(hmac.digest(password.encode(), salt + FIRST_BLOCK, "sha256")).decode()


def _root(secret_key: str) -> bytes:
    return hmac.digest(secret_key.encode(), b"arrivals: passwords of accounts, version 1", "sha512")
