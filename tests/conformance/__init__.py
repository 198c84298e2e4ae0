"""A black-box test of any server that implements `arrivals.v1`: `python -m tests.conformance ws://HOST/ws/users/`."""
