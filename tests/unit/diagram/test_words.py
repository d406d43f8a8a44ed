"""A plan in words: what it asks for is told as it is to be written."""

from typing import Any

import pytest

from laneway.core.compile import compile_plan
from laneway.diagram import words
from tests.support import pictures
from tests.support.random_plans import ACTIONS


@pytest.mark.parametrize(
    ("default", "told"),
    [
        (True, "true"),
        (None, "null"),
        ("größer", '"größer"'),
        (["a", False], '["a", false]'),
        ({"n": 2.5}, '{"n": 2.5}'),
    ],
)
def test_what_is_taken_if_left_out_is_told_as_json_writes_it(default: Any, told: str):
    properties = {"much": {"type": "integer", "default": 1}, "odd": {"default": default}}
    request = {"type": "object", "properties": properties, "required": ["much"]}
    plan = compile_plan({**pictures.EVERYTHING, "request": request}, ACTIONS).plan
    asked = [said.words for said in words(plan)[0].said if said.about == "request"]
    assert asked == [
        "much (integer, required, 1 if left out)",
        f"odd (anything, optional, {told} if left out)",
    ]
