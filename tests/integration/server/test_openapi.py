"""The OpenAPI document: complete, and valid by the rules of OpenAPI 3.1.

`support.Document` checks every answer of every other test against it.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from laneway_server import app, openapi, problems
from tests.integration.server.support import Api, Laneway

DOCUMENT: dict[str, Any] = msgspec.json.decode(openapi.encoded(app.ROUTES))
OPERATIONS = [
    (path, method, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
]


def schemas(value: Any) -> Iterator[dict[str, Any]]:
    """Every schema in a part of the document."""
    if isinstance(value, dict):
        if isinstance(value.get("schema"), dict):
            yield value["schema"]
        for inner in value.values():
            yield from schemas(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from schemas(inner)


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


async def test_it_is_served(api: Api):
    answer = await api.get("/openapi.json")
    assert answer.json == DOCUMENT


def test_every_registered_route_is_in_it(server: Laneway):
    application = app.web_application(server.services)
    registered = {
        (route.resource.canonical, route.method.lower())
        for route in application.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    assert registered == {(path, method) for path, method, _ in OPERATIONS}


def test_the_contract_is_in_it():
    promised = {
        "post /v1/operations",
        "get /v1/operations",
        "get /v1/operations/{id}",
        "get /v1/operations/{id}/events",
        *(
            f"post /v1/operations/{{id}}/{verb}"
            for verb in ("cancel", "pause", "resume", "approvals", "reconcile", "retry")
        ),
        "get /v1/lanes/{product}/{context}/{instance}",
        "post /v1/lanes/{product}/{context}/{instance}/freeze",
        "post /v1/lanes/{product}/{context}/{instance}/unfreeze",
        "get /v1/plans",
        "get /v1/plans/{name}",
        "get /v1/plans/{name}/diagram",
        "get /v1/operations/{id}/diagram",
        "get /v1/drivers",
        "get /v1/events",
        "get /v1/health",
        "get /v1/ready",
        "get /openapi.json",
        "get /",
    }
    assert promised <= {f"{method} {path}" for path, method, _ in OPERATIONS}


def test_the_whole_has_its_form():
    assert re.fullmatch(r"3\.1\.\d+", DOCUMENT["openapi"])
    assert {"title", "version"} <= set(DOCUMENT["info"])
    assert set(DOCUMENT) <= {"openapi", "info", "tags", "paths", "components", "servers"}
    assert set(DOCUMENT["components"]) <= {"schemas", "securitySchemes"}
    names = [*DOCUMENT["components"]["schemas"]]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in names)
    tags = [tag["name"] for tag in DOCUMENT["tags"]]
    assert len(set(tags)) == len(tags)


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_every_operation_has_its_form(path: str, method: str, operation: dict[str, Any]):
    assert operation["operationId"]
    assert operation["summary"]
    assert set(operation["tags"]) <= {tag["name"] for tag in DOCUMENT["tags"]}
    places = [(each["in"], each["name"]) for each in operation["parameters"]]
    assert len(set(places)) == len(places)
    assert {name for where, name in places if where == "path"} == set(re.findall(r"{(\w+)}", path))
    for parameter in operation["parameters"]:
        assert parameter["in"] in ("path", "query", "header")
        assert parameter["schema"]
        assert parameter.get("required") or parameter["in"] != "path"
    assert ("requestBody" in operation) <= (method in ("post", "put", "patch"))


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_every_response_has_its_form(path: str, method: str, operation: dict[str, Any]):
    assert any(status[0] in "23" for status in operation["responses"])
    for status, response in operation["responses"].items():
        assert re.fullmatch(r"[1-5]\d\d", status)
        assert response["description"]
        assert response["headers"]["X-Trace-Id"]["required"] is True
        assert ("content" in response) == (status not in ("204", "303", "304"))
        if int(status) >= 400:
            assert [*response["content"]] == ["application/problem+json"]


def test_operation_ids_are_unique():
    ids = [operation["operationId"] for *_, operation in OPERATIONS]
    assert len(set(ids)) == len(ids)


def test_every_reference_leads_somewhere_and_nothing_is_left_over():
    known = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    used = set(references(DOCUMENT))
    assert used <= known
    assert known - used == set()


def test_every_schema_is_one():
    found = [*DOCUMENT["components"]["schemas"].values(), *schemas(DOCUMENT["paths"])]
    assert len(found) > 100
    for schema in found:
        Draft202012Validator.check_schema(schema)
    with pytest.raises(SchemaError):
        Draft202012Validator.check_schema({"type": "nothing"})


def test_every_problem_can_be_answered_by_some_route():
    said = {code for route in app.ROUTES for code in openapi.codes(route)}
    # These two are about addresses that no route has, or about no HTTP at all.
    assert set(problems.PROBLEMS) - said == {"method_not_allowed", "bad_request"}
