"""URLs of the pages."""

from django.urls import path

from task.pages import job_views, views

urlpatterns = [
    path("", views.home, name="home"),
    path("users/", views.users_list, name="users_list"),
    path("generate/", views.generate, name="generate"),
    path("jobs/", job_views.jobs, name="jobs"),
    path("jobs/<int:job_id>/", job_views.job, name="job"),
    path("jobs/<int:job_id>/cancel/", job_views.cancel, name="cancel_job"),
    path("jobs/<int:job_id>/retry/", job_views.retry, name="retry_job"),
    path("jobs/<int:job_id>/forget/", job_views.forget, name="forget_job"),
    path("jobs/<int:job_id>/remove/", job_views.remove, name="remove_job"),
]
