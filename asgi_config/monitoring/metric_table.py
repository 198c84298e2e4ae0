"""Every metric that /metrics shows, and what its HELP says. docs/operations.md has the same table."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

WHOLE = "Of the whole service, the same from every web process: take max."
HERE = "Of this web process: sum over the processes."
LEAST = "Of this web process: take min over the processes."
FURTHEST = "Of this web process: take max over the processes."


class Metric(NamedTuple):
    kind: type[CounterMetricFamily] | type[GaugeMetricFamily]
    says: str
    labels: Sequence[str] = ()


GAUGE, COUNTER = GaugeMetricFamily, CounterMetricFamily

METRICS: dict[str, Metric] = {
    "arrivals_up": Metric(GAUGE, f"1 if the part answered this process within 2 s. {LEAST}", ["part"]),
    "arrivals_accounts_made_total": Metric(COUNTER, f"Accounts that jobs made; rate() is accounts a second. {WHOLE}"),
    "arrivals_jobs": Metric(GAUGE, f"Jobs by state. {WHOLE}", ["state"]),
    "arrivals_feed_head": Metric(GAUGE, f"Offset of the newest event. {WHOLE}", ["feed"]),
    "arrivals_feed_floor": Metric(GAUGE, f"Offset up to which the log is trimmed. {WHOLE}", ["feed"]),
    "arrivals_queue_messages": Metric(GAUGE, f"Messages that wait for a worker. {WHOLE}", ["queue"]),
    "arrivals_queue_unacknowledged": Metric(GAUGE, f"Messages that workers hold. {WHOLE}"),
    "arrivals_rescued_timestamp_seconds": Metric(
        GAUGE, f"When a worker last did the rescue that beat sends, in Unix time; 0: never. {WHOLE}"
    ),
    "arrivals_worker_heard_timestamp_seconds": Metric(
        GAUGE, f"When the worker was last heard from, in Unix time. {WHOLE}", ["worker"]
    ),
    "arrivals_worker_processes": Metric(GAUGE, f"Pool processes of the worker. {WHOLE}", ["worker"]),
    "arrivals_worker_steps_total": Metric(COUNTER, f"Steps, each one transaction. {WHOLE}", ["worker"]),
    "arrivals_worker_step_seconds_total": Metric(
        COUNTER, f"Time that the transactions of steps took; by steps, the time of one. {WHOLE}", ["worker"]
    ),
    "arrivals_worker_hints_lost_total": Metric(
        COUNTER, f"Hints that the worker could not send; watchers saw the event at a head check. {WHOLE}", ["worker"]
    ),
    "arrivals_process_watchers": Metric(GAUGE, f"Open sockets that follow the feed. {HERE}", ["feed"]),
    "arrivals_process_connections": Metric(GAUGE, f"Open sockets and waiting long polls. {HERE}"),
    "arrivals_process_lag_events": Metric(
        GAUGE, f"Events that the last watcher of the whole feed has not been sent yet. {FURTHEST}", ["feed"]
    ),
    "arrivals_process_hub_head": Metric(GAUGE, f"Offset that this process has taken from the feed. {LEAST}", ["feed"]),
    "arrivals_process_hub_hears": Metric(GAUGE, f"1 once this process has subscribed to hints. {LEAST}", ["feed"]),
    "arrivals_process_resumes_total": Metric(
        COUNTER, f"Sockets that came with a cursor and went on from it, pages that were opened among them. {HERE}"
    ),
    "arrivals_process_resets_total": Metric(COUNTER, f"Sockets whose cursor could not be honoured. {HERE}", ["reason"]),
    "arrivals_process_closes_total": Metric(
        COUNTER, f"Sockets that this process ended, by close code; 4008 is a client that was too slow. {HERE}", ["code"]
    ),
    "arrivals_process_hints_lost_total": Metric(COUNTER, f"Hints that this process could not send. {HERE}"),
}

Sample = tuple[str, float, Sequence[str]]


def families(samples: Sequence[Sample]) -> list[Any]:
    """The samples (name, value, label values) as prometheus_client takes them, in the order of the table."""
    made: dict[str, Any] = {name: of.kind(name, of.says, labels=of.labels) for name, of in METRICS.items()}
    for name, value, labels in samples:
        made[name].add_metric(labels, value)
    return [family for family in made.values() if family.samples]
