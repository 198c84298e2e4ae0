"""The django-ninja API object: its error handling, its OpenAPI document and its body parser."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI

from task.api.auth import needing
from task.api.errors import problem_of, response_of
from task.api.event_schemas import CursorLost
from task.api.openapi import signed_in_only
from task.api.parsers import JsonParser
from task.api.schemas import ProblemShown


class Api(NinjaAPI):
    def on_exception(self, request: HttpRequest, exc: Any) -> HttpResponse:
        """Re-raises a server error: Django logs it, and task.api.middleware writes the response."""
        problem = problem_of(exc)
        if problem is None:
            raise exc
        return response_of(problem)

    def get_openapi_operation_id(self, operation: Any) -> str:
        """The function's name, which becomes a readable method name in generated clients."""
        return str(operation.view_func.__name__)

    def get_openapi_schema(self, **options: Any) -> Any:
        schema = super().get_openapi_schema(**options)
        for name, problem in (("Problem", ProblemShown), ("CursorLost", CursorLost)):
            schema["components"]["schemas"][name] = problem.model_json_schema()
        for item in schema["paths"].values():
            for operation in item.values():
                for parameter in operation.get("parameters", []):
                    if parameter["in"] == "query":
                        parameter["allowEmptyValue"] = True  # the parsers ignore a parameter without a value
        return schema


api = Api(
    title="Arrivals",
    version="1",
    urls_namespace="api",
    description="User accounts in bulk: request jobs, control them, and follow every account as it is created.",
    auth=needing(""),
    docs_decorator=signed_in_only,
    parser=JsonParser(),
)
