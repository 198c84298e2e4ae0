"""The pages of jobs: the list, one job, and the question before each act. One call into the rules each."""

import re
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from task.jobs.actions import ActionResult, WrongState
from task.models import Job
from task.pages.confirmations import STEERS, steer
from task.pages.job_list import read_jobs
from task.pages.job_page import read_job_page
from task.pages.landing import place_of

PLACE = re.compile(r"[0-9]{0,18}")
QUEUE_AWAY = "The queue cannot be reached just now. Job {job} is kept, and goes on by itself as soon as it is back."


@require_GET
@login_required
@permission_required("arrivals.view_job", raise_exception=True)
def jobs(request: HttpRequest) -> HttpResponse:
    state, before = request.GET.get("state", ""), request.GET.get("before", "")
    if not (PLACE.fullmatch(before) and state in {"", *Job.State.values}):
        return render(request, "400.html", status=400)
    listed = read_jobs(state=state, before=int(before) if before else None)
    return render(request, "task/job_list.html", {"list": listed})


@require_GET
@login_required
@permission_required("arrivals.view_job", raise_exception=True)
def job(request: HttpRequest, job_id: int) -> HttpResponse:
    before = request.GET.get("before", "")
    if not PLACE.fullmatch(before):
        return render(request, "400.html", status=400)
    page = read_job_page(job_id=job_id, before=int(before) if before else None, viewer=request.user)
    return render(request, "task/job.html", {"page": page}) if page else no_such_job(request, job_id)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("arrivals.change_job", raise_exception=True)
def cancel(request: HttpRequest, job_id: int) -> HttpResponse:
    return act(request, "cancel", job_id)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("arrivals.change_job", raise_exception=True)
def retry(request: HttpRequest, job_id: int) -> HttpResponse:
    return act(request, "retry", job_id)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("arrivals.delete_job", raise_exception=True)
def remove(request: HttpRequest, job_id: int) -> HttpResponse:
    return act(request, "remove", job_id)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("arrivals.export_credentials", raise_exception=True)
def forget(request: HttpRequest, job_id: int) -> HttpResponse:
    return act(request, "forget", job_id)


def act(request: HttpRequest, name: str, job_id: int) -> HttpResponse:
    """GET asks, POST does; afterwards whoever may not see the job is back at the question, which tells how it is."""
    try:
        if request.method == "GET":
            question = STEERS[name].ask(Job.objects.get(pk=job_id))
            return render(request, "task/question.html", {"job_id": job_id, "question": question})
        say_done(request, STEERS[name].done, steer(name, job_id=job_id, by=request.user))
    except Job.DoesNotExist:
        return no_such_job(request, job_id)
    except WrongState as reason:
        messages.warning(request, str(reason))
    return redirect(place_of(request.user, job_id=job_id) or request.path)


def say_done(request: HttpRequest, words: str, steered: ActionResult) -> None:
    job: Any = steered.job.pk
    if steered.is_new:
        messages.success(request, words.format(job=job))
    else:
        messages.info(request, f"That was done already: job {job} is {steered.job.state}.")
    if not steered.is_dispatched:
        messages.warning(request, QUEUE_AWAY.format(job=job))


def no_such_job(request: HttpRequest, job_id: int) -> HttpResponse:
    return render(request, "task/no_such_job.html", {"job_id": job_id}, status=404)
