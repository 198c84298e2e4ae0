"""The pages."""

from django.urls import path

from task import views

urlpatterns = [
    path("users/", views.users_list, name="users_list"),
    path("generate/", views.generate, name="generate"),
]
