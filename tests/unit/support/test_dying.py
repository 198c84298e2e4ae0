"""The points at which a process of a chaos test kills itself."""

from types import SimpleNamespace

from tests.chaos.faults import dying


def test_a_connection_that_reconnects_is_watched_once() -> None:
    connection = SimpleNamespace(execute_wrappers=[])
    for _ in range(3):
        dying.watch(connection)
    assert len(connection.execute_wrappers) == 1
