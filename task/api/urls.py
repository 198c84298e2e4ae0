"""The URLs of the API, for the site to include."""

from task.api import actions, credentials, events, jobs, users
from task.api.api import api

__all__ = ["api", "urls"]

for module in (jobs, actions, credentials, users, events):
    api.add_router("", module.router)

urls = api.urls
