"""Full-strength hashes for tests: Django's own hasher with fewer rounds, because its hash takes 0.2 s."""

from asgi_config.sign_in.hashing import SlotHasher


class QuickHasher(SlotHasher):
    """Has more rounds than a light hash, so a sign-in upgrades a light hash as under Django's own hasher."""

    iterations = 1_000
