"""Full strength for tests: Django's own hasher in all but its number of rounds, as 0.2 s a hash is for attackers."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class QuickHasher(PBKDF2PasswordHasher):
    """More rounds than the one of a light hash, so a sign-in stretches that as it does under Django's own."""

    iterations = 1_000
