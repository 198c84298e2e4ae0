"""/metrics: what Prometheus reads from a web process.

What is of the whole service comes from the database and Redis, which every process shows alike; what is of this process
says so in its name. No file is shared between processes, and nothing large is counted: the greatest table that is read
is that of the jobs.
"""

import asyncio
from collections.abc import Sequence

from django.db import close_old_connections, connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector
from redis.asyncio import Redis

from asgi_config.monitoring import metric_table, probes
from asgi_config.monitoring.access import has_monitoring_access
from asgi_config.monitoring.metric_table import Sample
from realtime import log, metrics
from realtime.endpoints import connection_limits
from realtime.hub import hubs
from task.jobs.counts import count_jobs
from task.workers import registry

QUEUES = ("celery", "upkeep")
REFUSED = (
    "Set METRICS_TOKEN and send it as `Authorization: TokenLookup TOKEN`. "
    "Without one, only this machine may read this, and only while no proxy or public name is set up.\n"
)


class Scrape(Collector):
    def __init__(self, samples: Sequence[Sample]) -> None:
        self._samples = samples

    def collect(self) -> list[Metric]:
        return metric_table.families(self._samples)


async def show(request: HttpRequest) -> HttpResponse:
    """What can be found out within 2 s; `arrivals_up` tells what could not."""
    if not has_monitoring_access(request):
        return HttpResponse(REFUSED, content_type="text/plain", status=403)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Scrape([*of_process(), *await of_whole()]))
    ProcessCollector(registry=registry)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


async def of_whole() -> list[Sample]:
    samples: list[Sample] = []
    found = await asyncio.gather(database.answer(), _queues(), return_exceptions=True)
    for part, answer in zip(("database", "redis"), found, strict=True):
        samples.append(("arrivals_up", 0 if isinstance(answer, BaseException) else 1, [part]))
        samples += [] if isinstance(answer, BaseException) else answer
    return samples


def read_database() -> list[Sample]:
    """Five statements, none of which grows with the accounts."""
    close_old_connections()
    try:
        return [*_of_jobs(), *_of_feeds(), *_of_workers()]
    finally:
        connection.close()


database = probes.InThread(read_database)


def of_process() -> list[Sample]:
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


def _of_jobs() -> list[Sample]:
    counts = count_jobs()
    by_state: list[Sample] = [("arrivals_jobs", number, [state]) for state, number in counts.by_state.items()]
    return [("arrivals_accounts_made_total", counts.accounts, []), *by_state]


def _of_feeds() -> list[Sample]:
    samples: list[Sample] = []
    for feed, position in log.positions().items():
        samples += [("arrivals_feed_head", position.head, [feed]), ("arrivals_feed_floor", position.floor, [feed])]
    return samples


def _of_workers() -> list[Sample]:
    """A rescue that never was is 0: where nothing stood, no alarm could see a beat that was never started."""
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


async def _queues() -> list[Sample]:
    """kombu keeps a queue as a list, and what workers hold as a hash."""
    return await probes.with_redis(_read_queues)


async def _read_queues(redis: Redis) -> list[Sample]:
    async with redis.pipeline(transaction=False) as pipeline:
        for queue in QUEUES:
            pipeline.llen(queue)
        pipeline.hlen("unacked")
        *waiting, held = await pipeline.execute()
    samples: list[Sample] = [("arrivals_queue_unacknowledged", held, [])]
    return samples + [
        ("arrivals_queue_messages", number, [queue]) for queue, number in zip(QUEUES, waiting, strict=True)
    ]
