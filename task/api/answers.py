"""A problem as an HTTP response, and the problem that each exception of the domain is."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponse, JsonResponse
from ninja.errors import HttpError, ValidationError

from task.api.errors import MEDIA_TYPE, Problem
from task.api.sentences import errors_of
from task.jobs.actions import WrongState
from task.jobs.credentials import NoCredentials
from task.jobs.start import RequestIdReused, TooManyJobs, UnusableTotal
from task.models import Job
from task.options import UnusableOption

NO_JOB = "There is no such job: GET /api/jobs lists those that there are."
BAD_JSON = "The body is not JSON: send one JSON object."
OTHER_VALUES = "This request was made before, with other values: send a new Idempotency-Key to ask for this as well."


def response_of(problem: Problem) -> HttpResponse:
    return JsonResponse(problem.content, status=problem.status, headers=problem.headers, content_type=MEDIA_TYPE)


def problem_of(error: Exception) -> Problem | None:
    """None for what is no fault of the caller."""
    found = (make(error) for kind, make in KNOWN.items() if isinstance(error, kind))
    return next(found, None)


KNOWN: Mapping[type[Exception], Callable[[Any], Problem]] = {
    Problem: lambda problem: problem,
    Job.DoesNotExist: lambda _: Problem("not_found", NO_JOB),
    NoCredentials: lambda error: Problem("no_credentials", str(error)),
    WrongState: lambda error: Problem("not_now", str(error)),
    RequestIdReused: lambda _: Problem("request_id_reused", OTHER_VALUES),
    TooManyJobs: lambda error: Problem("too_many_jobs", str(error), headers=retry_after(error.retry_after_seconds)),
    UnusableTotal: lambda error: Problem.invalid("total", str(error)),
    UnusableOption: lambda error: Problem.invalid(f"options.{error.name}", str(error)),
    ValidationError: lambda error: Problem.of_errors(errors_of(error.errors)),
    HttpError: lambda _: Problem("bad_json", BAD_JSON),  # ninja's for a body that the parser refuses; it has no other
}


def retry_after(seconds: int) -> dict[str, str]:
    return {"Retry-After": str(seconds)}
