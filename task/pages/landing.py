"""Redirect targets, by what the user may see."""

from typing import Any

from django.urls import reverse


def home_url(user: Any) -> str:
    """Returns the first page that the user may see. If there is none, the users page answers 403."""
    pages = {"auth.view_user": "users_list", "arrivals.view_job": "jobs", "arrivals.add_job": "generate"}
    return reverse(next((page for permission, page in pages.items() if user.has_perm(permission)), "users_list"))


def job_url(user: Any, *, job_id: int) -> str | None:
    """Returns the job's page, else the users page, else None for a user who may see neither."""
    if user.has_perm("arrivals.view_job"):
        return reverse("job", kwargs={"job_id": job_id})
    return reverse("users_list") if user.has_perm("auth.view_user") else None


def new_job_url(user: Any, *, job_id: int) -> str | None:
    """Returns the page where a new job's accounts appear: the users page, else the job's page, else None."""
    return reverse("users_list") if user.has_perm("auth.view_user") else job_url(user, job_id=job_id)
