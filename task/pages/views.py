"""The pages for users and for generating them. Each view makes one domain call and renders the result."""

import re

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from task.jobs.start import RequestIdReused, Started, TooManyJobs, UnusableTotal, start_job
from task.options import UnusableOption
from task.pages.forms import GenerateRandomUserForm, blank_form
from task.pages.landing import home_url, new_job_url
from task.pages.user_list import is_user_key, read_user_list

SEARCH = re.compile(r"[^\0]{0,150}")  # As long as a username can be. PostgreSQL rejects text with NUL.
QUEUE_DOWN = "The queue is not available: {fault}. Job {job} is saved, and starts when the queue is back."
STARTED_BEFORE = "This form already started job {job}. Nothing new was started."
OTHER_VALUES = "This form already started a job with other values. Submit it again to start another job."


@require_GET
@login_required
def home(request: HttpRequest) -> HttpResponse:
    return redirect(home_url(request.user))


@require_GET
@login_required
@permission_required("auth.view_user", raise_exception=True)
def users_list(request: HttpRequest) -> HttpResponse:
    before, query = request.GET.get("before", ""), request.GET.get("q", "").strip()
    if not (is_user_key(before) and SEARCH.fullmatch(query)):
        return render(request, "400.html", status=400)
    listed = read_user_list(before=before or None, query=query)
    return render(request, "task/user_list.html", {"list": listed})


@sensitive_post_parameters("shared_password")
@require_http_methods(["GET", "POST"])
@login_required
@permission_required("arrivals.add_job", raise_exception=True)
def generate(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        form = GenerateRandomUserForm(request.POST, person=request.user)
    else:
        form = blank_form(request.GET.get("total", ""), person=request.user)
    if form.is_valid() and (started := start_from(form, request)):
        add_started_messages(request, started)
        return redirect(new_job_url(request.user, job_id=started.job.pk) or "generate")
    return form_response(form, request)


def start_from(form: GenerateRandomUserForm, request: HttpRequest) -> Started | None:
    try:
        return start_job(requested_by=request.user, **form.asked)
    except RequestIdReused:
        form.ask_again(OTHER_VALUES)
    except UnusableTotal as error:
        form.add_error("total", str(error))
    except UnusableOption as error:
        form.add_error(error.name, str(error))
    except TooManyJobs as error:
        form.refuse(str(error), retry_after_seconds=error.retry_after_seconds)
    return None


def form_response(form: GenerateRandomUserForm, request: HttpRequest) -> HttpResponse:
    form.focus_first_error()
    response = render(request, "task/generate_random_user.html", {"form": form})
    if form.retry_after_seconds is not None:
        response.status_code = 429
        response.headers["Retry-After"] = str(form.retry_after_seconds)
    return response


def add_started_messages(request: HttpRequest, started: Started) -> None:
    if not started.is_new:
        messages.info(request, STARTED_BEFORE.format(job=started.job.pk))
        return
    messages.success(request, "We are generating your random users!")
    if started.queue_fault:
        messages.warning(request, QUEUE_DOWN.format(job=started.job.pk, fault=started.queue_fault))
