"""Where somebody may look."""

from typing import Any

from django.urls import reverse


def place_of(user: Any, *, job_id: int) -> str | None:
    """The job's page, for those who may see jobs; else the users; None for who may see neither."""
    if user.has_perm("task.view_job"):
        return reverse("job", kwargs={"job_id": job_id})
    return reverse("users_list") if user.has_perm("auth.view_user") else None


def place_of_new(user: Any, *, job_id: int) -> str | None:
    """Where the accounts of a new job appear: the users, else the job; None for who may see neither."""
    return reverse("users_list") if user.has_perm("auth.view_user") else place_of(user, job_id=job_id)
