"""The pages: each makes one call into the rules and shows what came of it."""

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
from task.pages.landing import home_of, place_of_new
from task.pages.user_list import is_place, read_board

QUERY = re.compile(r"[^\0]{0,150}")  # As long as a username may be; PostgreSQL knows no text with NUL.
QUEUE_AWAY = "The queue cannot be reached just now. Job {job} is kept, and starts by itself as soon as it is back."
ASKED_BEFORE = "You had asked for this already: it is job {job}. Nothing new was started."
OTHER_VALUES = "This form was already used to ask for something else. To ask for this as well, submit it again."


@require_GET
@login_required
def home(request: HttpRequest) -> HttpResponse:
    return redirect(home_of(request.user))


@require_GET
@login_required
@permission_required("auth.view_user", raise_exception=True)
def users_list(request: HttpRequest) -> HttpResponse:
    before, query = request.GET.get("before", ""), request.GET.get("q", "").strip()
    if not (is_place(before) and QUERY.fullmatch(query)):
        return render(request, "400.html", status=400)
    board = read_board(before=before or None, query=query)
    return render(request, "task/user_list.html", {"board": board})


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
        say_started(request, started)
        return redirect(place_of_new(request.user, job_id=started.job.pk) or "generate")
    return answer_with(form, request)


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


def answer_with(form: GenerateRandomUserForm, request: HttpRequest) -> HttpResponse:
    form.come_again()
    response = render(request, "task/generate_random_user.html", {"form": form})
    if form.retry_after_seconds is not None:
        response.status_code = 429
        response.headers["Retry-After"] = str(form.retry_after_seconds)
    return response


def say_started(request: HttpRequest, started: Started) -> None:
    if not started.is_new:
        messages.info(request, ASKED_BEFORE.format(job=started.job.pk))
        return
    messages.success(request, "We are generating your random users!")
    if not started.is_dispatched:
        messages.warning(request, QUEUE_AWAY.format(job=started.job.pk))
