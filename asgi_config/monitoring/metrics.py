"""/metrics: a web process's metrics in Prometheus' text format.

Metrics of the whole service come from the database and Redis, so every process shows the same values. Metrics of one
process have `process` in their name. Processes share no files. The largest table that a scrape reads is the jobs'.
"""

import asyncio
from collections.abc import Sequence

from django.conf import settings
from django.db import close_old_connections, connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from asgi_config.monitoring import metric_table, probes
from asgi_config.monitoring.access import has_monitoring_access
from asgi_config.monitoring.metric_table import Sample
from asgi_config.monitoring.single_flight import SingleFlight
from realtime import log, metrics
from realtime.endpoints import connection_limits
from realtime.hub import hubs
from task.jobs.counts import count_jobs
from task.workers import registry

QUEUES = ("celery", "upkeep")
NO_ACCESS = (
    "Set METRICS_TOKEN and send it as `Authorization: Bearer TOKEN`. "
    "Without a token, metrics are available only on this machine, and only if no proxy or public name is configured.\n"
)


class Scrape(Collector):
    def __init__(self, samples: Sequence[Sample]) -> None:
        self._samples = samples

    def collect(self) -> list[Metric]:
        return metric_table.families(self._samples)


async def metrics_view(request: HttpRequest) -> HttpResponse:
    """Answers with everything that is available within 2 s. `arrivals_up` is 0 for a part that is missing."""
    if not has_monitoring_access(request):
        return HttpResponse(NO_ACCESS, content_type="text/plain", status=403)
    collectors = CollectorRegistry(auto_describe=False)
    collectors.register(Scrape([*process_samples(), *await service_samples()]))
    ProcessCollector(registry=collectors)
    return HttpResponse(generate_latest(collectors), content_type=CONTENT_TYPE_LATEST)


async def service_samples() -> list[Sample]:
    samples: list[Sample] = []
    calls = [part.result(within_seconds=probes.TIMEOUT_SECONDS) for part in (database, redis)]
    found = await asyncio.gather(*calls, return_exceptions=True)
    for part, answer in zip(("database", "redis"), found, strict=True):
        samples.append(("arrivals_up", 0 if isinstance(answer, BaseException) else 1, [part]))
        samples += [] if isinstance(answer, BaseException) else answer
    return samples


def process_samples() -> list[Sample]:
    samples: list[Sample] = [
        ("arrivals_process_connections", connection_limits.total(), []),
        ("arrivals_process_resumes_total", metrics.counted.resumes, []),
        ("arrivals_process_hints_lost_total", metrics.counted.hints_lost, []),
    ]
    samples += [("arrivals_process_resets_total", number, [why]) for why, number in metrics.counted.resets.items()]
    samples += [("arrivals_process_closes_total", count, [str(code)]) for code, count in metrics.counted.closes.items()]
    for hub in hubs():
        samples += [
            ("arrivals_process_watchers", metrics.watchers(hub.feed), [hub.feed]),
            ("arrivals_process_lag_events", metrics.lag(hub.feed, hub.head), [hub.feed]),
            ("arrivals_process_hub_head", hub.head, [hub.feed]),
            ("arrivals_process_hub_hears", int(hub.is_subscribed), [hub.feed]),
        ]
    return samples


def read_database() -> list[Sample]:
    """Runs five statements. None of them grows with the number of accounts."""
    close_old_connections()
    try:
        return [*_job_samples(), *_feed_samples(), *_worker_samples()]
    finally:
        connection.close()


def read_queues() -> list[Sample]:
    """Reads kombu's keys: a list for each queue, and the hash of the messages that workers hold."""
    with probes.connect_to_redis() as client, client.pipeline(transaction=False) as pipeline:
        for queue in QUEUES:
            pipeline.llen(f"{settings.REDIS_PREFIX}{queue}")
        pipeline.hlen(f"{settings.REDIS_PREFIX}unacked")
        *waiting, held = pipeline.execute()
    samples: list[Sample] = [("arrivals_queue_unacknowledged", held, [])]
    return samples + [
        ("arrivals_queue_messages", number, [queue]) for queue, number in zip(QUEUES, waiting, strict=True)
    ]


database = SingleFlight(read_database)
redis = SingleFlight(read_queues)


def _job_samples() -> list[Sample]:
    counts = count_jobs()
    by_state: list[Sample] = [("arrivals_jobs", number, [state]) for state, number in counts.by_state.items()]
    return [("arrivals_accounts_made_total", counts.accounts, []), *by_state]


def _feed_samples() -> list[Sample]:
    samples: list[Sample] = []
    for feed, position in log.positions().items():
        samples += [("arrivals_feed_head", position.head, [feed]), ("arrivals_feed_floor", position.floor, [feed])]
    return samples


def _worker_samples() -> list[Sample]:
    """Shows 0 if no rescue ever ran: without a sample, no alert could detect a beat that was never started."""
    rescued_at = registry.last_rescue_at(timezone.now())
    samples: list[Sample] = [("arrivals_rescued_timestamp_seconds", rescued_at.timestamp() if rescued_at else 0, [])]
    for worker in registry.all_workers():
        samples += [
            ("arrivals_worker_heard_timestamp_seconds", worker.heard_at.timestamp(), [worker.name]),
            ("arrivals_worker_processes", worker.processes, [worker.name]),
            ("arrivals_worker_steps_total", worker.steps, [worker.name]),
            ("arrivals_worker_step_seconds_total", worker.step_seconds, [worker.name]),
            ("arrivals_worker_hints_lost_total", worker.hints_lost, [worker.name]),
        ]
    return samples
