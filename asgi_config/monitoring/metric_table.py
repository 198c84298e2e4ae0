"""Every metric of /metrics, with its HELP text. docs/operations.md has the same table."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

SERVICE = "Whole service, the same from every web process: use max."
PROCESS_SUM = "This web process: use sum."
PROCESS_MIN = "This web process: use min."
PROCESS_MAX = "This web process: use max."


class Metric(NamedTuple):
    kind: type[CounterMetricFamily] | type[GaugeMetricFamily]
    help: str
    labels: Sequence[str] = ()


GAUGE, COUNTER = GaugeMetricFamily, CounterMetricFamily

METRICS: dict[str, Metric] = {
    "arrivals_up": Metric(GAUGE, f"1 if the part answered this process within 2 s. {PROCESS_MIN}", ["part"]),
    "arrivals_accounts_made_total": Metric(
        COUNTER, f"Accounts that jobs have created; rate() is accounts per second. {SERVICE}"
    ),
    "arrivals_jobs": Metric(GAUGE, f"Jobs by state. {SERVICE}", ["state"]),
    "arrivals_feed_head": Metric(GAUGE, f"Offset of the newest event. {SERVICE}", ["feed"]),
    "arrivals_feed_floor": Metric(GAUGE, f"Offset up to which the log has been trimmed. {SERVICE}", ["feed"]),
    "arrivals_queue_messages": Metric(GAUGE, f"Messages waiting for a worker. {SERVICE}", ["queue"]),
    "arrivals_queue_unacknowledged": Metric(GAUGE, f"Messages held by workers. {SERVICE}"),
    "arrivals_rescued_timestamp_seconds": Metric(
        GAUGE, f"Unix time of the last rescue that beat sent and a worker completed; 0 if none. {SERVICE}"
    ),
    "arrivals_worker_heard_timestamp_seconds": Metric(
        GAUGE, f"Unix time of the worker's last heartbeat. {SERVICE}", ["worker"]
    ),
    "arrivals_worker_processes": Metric(GAUGE, f"Pool processes of the worker. {SERVICE}", ["worker"]),
    "arrivals_worker_steps_total": Metric(COUNTER, f"Steps completed, each in one transaction. {SERVICE}", ["worker"]),
    "arrivals_worker_step_seconds_total": Metric(
        COUNTER, f"Total duration of the steps; divide by steps for the average. {SERVICE}", ["worker"]
    ),
    "arrivals_worker_hints_lost_total": Metric(
        COUNTER, f"Hints the worker could not send; watchers saw the event at a head check. {SERVICE}", ["worker"]
    ),
    "arrivals_process_watchers": Metric(GAUGE, f"Open sockets following the feed. {PROCESS_SUM}", ["feed"]),
    "arrivals_process_connections": Metric(GAUGE, f"Open sockets, unread polls and exports. {PROCESS_SUM}"),
    "arrivals_process_lag_events": Metric(
        GAUGE, f"Events not yet sent to the slowest watcher of the whole feed. {PROCESS_MAX}", ["feed"]
    ),
    "arrivals_process_hub_head": Metric(
        GAUGE, f"Offset up to which this process has read the feed. {PROCESS_MIN}", ["feed"]
    ),
    "arrivals_process_hub_hears": Metric(
        GAUGE, f"1 after this process has subscribed to hints. {PROCESS_MIN}", ["feed"]
    ),
    "arrivals_process_resumes_total": Metric(
        COUNTER, f"Sockets that continued from a cursor, including newly opened pages. {PROCESS_SUM}"
    ),
    "arrivals_process_resets_total": Metric(COUNTER, f"Sockets whose cursor was rejected. {PROCESS_SUM}", ["reason"]),
    "arrivals_process_closes_total": Metric(
        COUNTER, f"Sockets that this process closed, by close code; 4008 is a slow client. {PROCESS_SUM}", ["code"]
    ),
    "arrivals_process_hints_lost_total": Metric(COUNTER, f"Hints this process could not send. {PROCESS_SUM}"),
}

Sample = tuple[str, float, Sequence[str]]


def families(samples: Sequence[Sample]) -> list[Any]:
    """Converts samples (name, value, label values) to prometheus_client's metric families, in the order of METRICS."""
    made: dict[str, Any] = {
        name: metric.kind(name, metric.help, labels=metric.labels) for name, metric in METRICS.items()
    }
    for name, value, labels in samples:
        made[name].add_metric(labels, value)
    return [family for family in made.values() if family.samples]
