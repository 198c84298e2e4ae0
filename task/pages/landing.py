"""Where somebody may look."""

from typing import Any

from django.urls import reverse


def home_of(user: Any) -> str:
    """Where somebody lands after signing in: the first page that they may see; who may see none is told so there."""
    pages = {"auth.view_user": "users_list", "arrivals.view_job": "jobs", "arrivals.add_job": "generate"}
    return reverse(next((page for permission, page in pages.items() if user.has_perm(permission)), "users_list"))


def place_of(user: Any, *, job_id: int) -> str | None:
    """The job's page, for those who may see jobs; else the users; None for who may see neither."""
    if user.has_perm("arrivals.view_job"):
        return reverse("job", kwargs={"job_id": job_id})
    return reverse("users_list") if user.has_perm("auth.view_user") else None


def place_of_new(user: Any, *, job_id: int) -> str | None:
    """Where the accounts of a new job appear: the users, else the job; None for who may see neither."""
    return reverse("users_list") if user.has_perm("auth.view_user") else place_of(user, job_id=job_id)
