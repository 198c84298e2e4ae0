"""The pages for jobs: the list, one job, and the confirmation before each action."""

import re

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from task.jobs.actions import ActionResult, WrongState
from task.models import Job
from task.pages.confirmations import ACTIONS
from task.pages.job_list import read_jobs
from task.pages.job_page import read_job_page
from task.pages.landing import job_url

JOB_ID = re.compile(r"[0-9]{0,18}")
QUEUE_DOWN = "The queue is not available: {fault}. Job {job} is saved, and continues when the queue is back."


@require_GET
@login_required
@permission_required("arrivals.view_job", raise_exception=True)
def jobs(request: HttpRequest) -> HttpResponse:
    state, before = request.GET.get("state", ""), request.GET.get("before", "")
    if not (JOB_ID.fullmatch(before) and state in {"", *Job.State.values}):
        return render(request, "400.html", status=400)
    listed = read_jobs(state=state, before=int(before) if before else None)
    return render(request, "task/job_list.html", {"list": listed})


@require_GET
@login_required
@permission_required("arrivals.view_job", raise_exception=True)
def job(request: HttpRequest, job_id: int) -> HttpResponse:
    before = request.GET.get("before", "")
    if not JOB_ID.fullmatch(before):
        return render(request, "400.html", status=400)
    page = read_job_page(job_id=job_id, before=int(before) if before else None, viewer=request.user)
    return render(request, "task/job.html", {"page": page}) if page else no_such_job(request, job_id)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("arrivals.change_job", raise_exception=True)
def cancel(request: HttpRequest, job_id: int) -> HttpResponse:
    return confirm_or_run(request, "cancel", job_id)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("arrivals.change_job", raise_exception=True)
def retry(request: HttpRequest, job_id: int) -> HttpResponse:
    return confirm_or_run(request, "retry", job_id)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("arrivals.delete_job", raise_exception=True)
def remove(request: HttpRequest, job_id: int) -> HttpResponse:
    return confirm_or_run(request, "remove", job_id)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("arrivals.export_credentials", raise_exception=True)
def forget(request: HttpRequest, job_id: int) -> HttpResponse:
    return confirm_or_run(request, "forget", job_id)


def confirm_or_run(request: HttpRequest, name: str, job_id: int) -> HttpResponse:
    """GET asks for confirmation, POST runs the action.

    After a POST, a user who may see neither jobs nor users returns to the confirmation, which shows the job's state.
    """
    action = ACTIONS[name]
    try:
        if request.method == "GET":
            confirmation = action.confirm(Job.objects.get(pk=job_id))
            return render(request, "task/confirmation.html", {"job_id": job_id, "confirmation": confirmation})
        add_action_messages(request, action.done, action.run(job_id=job_id, by=request.user))
    except Job.DoesNotExist:
        return no_such_job(request, job_id)
    except WrongState as reason:
        messages.warning(request, str(reason))
    return redirect(job_url(request.user, job_id=job_id) or request.path)


def add_action_messages(request: HttpRequest, done: str, result: ActionResult) -> None:
    job = result.job
    if result.is_new:
        messages.success(request, done.format(job=job.pk))
    else:
        messages.info(request, f"Nothing changed: job {job.pk} is {job.state} already.")
    if result.queue_fault:
        messages.warning(request, QUEUE_DOWN.format(job=job.pk, fault=result.queue_fault))


def no_such_job(request: HttpRequest, job_id: int) -> HttpResponse:
    return render(request, "task/no_such_job.html", {"job_id": job_id}, status=404)
