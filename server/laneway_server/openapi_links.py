"""The links of the OpenAPI document: what can be asked next about an operation that was answered.

People read them, and programs that try out the API follow them from call to call.
"""

from collections.abc import Sequence
from typing import Any

from . import wire
from .routes.route import Answer, Route

_WHERE_ITS_ID_IS = {
    wire.OperationView: "$response.body#/id",
    wire.OperationList: "$response.body#/operations/0/id",
}


def links(answer: Answer, routes: Sequence[Route]) -> dict[str, Any]:
    """The links of one answer, by the name of the route that they lead to."""
    where = _WHERE_ITS_ID_IS.get(answer.body) if answer.body is not None else None
    if where is None:
        return {}
    return {
        route.name: {"operationId": route.name, "parameters": {"id": where}}
        for route in routes
        if "{id}" in route.path
    }
