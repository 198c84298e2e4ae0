"""The API as django-ninja serves it: what an exception becomes, and what the docs show."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI

from task.api.answers import problem_of, response_of
from task.api.auth import needing
from task.api.docs import for_callers
from task.api.event_schemas import CursorLost
from task.api.parsers import Reader
from task.api.schemas import ProblemShown


class Api(NinjaAPI):
    def on_exception(self, request: HttpRequest, exc: Any) -> HttpResponse:
        """What is no fault of the caller goes on to Django, which logs it; task.api.middleware words the answer."""
        problem = problem_of(exc)
        if problem is None:
            raise exc
        return response_of(problem)

    def get_openapi_operation_id(self, operation: Any) -> str:
        """A name that reads well in the clients that are generated from it."""
        return str(operation.view_func.__name__)

    def get_openapi_schema(self, **options: Any) -> Any:
        schema = super().get_openapi_schema(**options)
        for name, problem in (("Problem", ProblemShown), ("CursorLost", CursorLost)):
            schema["components"]["schemas"][name] = problem.model_json_schema()
        for parameter in _query_parameters(schema):
            parameter["allowEmptyValue"] = True  # it counts as not given
        return schema


def _query_parameters(schema: Any) -> Iterator[dict[str, Any]]:
    for item in schema["paths"].values():
        for operation in item.values():
            yield from (one for one in operation.get("parameters", []) if one["in"] == "query")


api = Api(
    title="Arrivals",
    version="1",
    urls_namespace="api",
    description="User accounts in bulk: ask for jobs, steer them, and follow every account as it appears.",
    auth=needing(""),
    docs_decorator=for_callers,
    parser=Reader(),
)
