"""Expressions: what they may name, what they give, and what is said of those that are wrong."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laneway.core.compile import compile_plan
from laneway.core.expressions import (
    ExpressionFailed,
    ExpressionInvalid,
    Expressions,
    PhaseNames,
    environment,
    scope,
)
from tests.support.actions import ACTIONS

REQUEST_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string"},
        "options": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"fast": {"type": "boolean"}},
        },
        "lanes": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"id": {"type": "string"}},
            },
        },
        "free": {"type": "object"},
    },
}

DOCUMENT: dict[str, Any] = {
    "plan": "sample",
    "version": 1,
    "request": REQUEST_SCHEMA,
    "start": "look",
    "phases": {
        "look": {
            "action": "x.probe",
            "with": {"names": ["${{ request.name }}", "plain"]},
            "on": {
                "pass": [{"to": "rest", "when": "request.options.fast"}, {"to": "pass"}],
                "fail": "pass",
            },
        },
        "rest": {
            "wait": {"until": "operation.created_at + duration('1h')"},
            "on": {"pass": "side_by_side"},
        },
        "side_by_side": {
            "parallel": {"one": {"action": "x.probe", "with": {"count": "${{ 1 + 1 }}"}}},
            "on": {"pass": "pass", "fail": "pass"},
        },
        "pass": {"end": "pass"},
    },
}

CREATED = "2026-01-31T09:30:00.000Z"
OPERATION = {
    "id": "op_1",
    "plan": "sample",
    "requested_by": "ann",
    "reason": "",
    "dry_run": False,
    "supersedes": None,
    "retry_of": "op_0",
    "created_at": CREATED,
}


def compiled(document=DOCUMENT) -> Expressions:
    return compile_plan(document, ACTIONS).expressions


@pytest.fixture(scope="module")
def expressions():
    return compiled()


def values(request=None, phases=None, target=None):
    lane = {"product": "odoo", "context": "cm", "instance": "prod"}
    return scope(request or {}, lane, OPERATION, target or {}, phases or {})


def give(expressions, source, **given):
    return expressions.render(f"${{{{ {source} }}}}", values(**given))


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("lane.product + '/' + lane.context + '/' + lane.instance", "odoo/cm/prod"),
        ("operation.id", "op_1"),
        ("operation.requested_by", "ann"),
        ("operation.dry_run", False),
        ("operation.supersedes", ""),
        ("operation.retry_of", "op_0"),
        ("operation.created_at", CREATED),
        ("operation.created_at + duration('90s')", "2026-01-31T09:31:30.000Z"),
        ("operation.created_at < timestamp('2026-02-01T00:00:00Z')", True),
        ("timestamp('2026-02-01T01:00:00.123456+01:00')", "2026-02-01T00:00:00.123Z"),
        ("duration('90m')", "90m"),
        ("duration('-500ms')", "-500ms"),
        ("request.name", "x"),
        ("request", {"name": "x", "lanes": [{"id": "a"}], "free": {"n": 1.5}}),
        ("request.free.anything == 1 || has(request.free.n)", True),
        ("request.lanes.map(each, each.id)", ["a"]),
        ("has(request.options)", False),
        ("target.odoo.base_url", "https://odoo.example.org"),
        ("phases.look.outcome", "pass"),
        ("phases.look.evidence.digest", "sha256:1"),
        ("phases.rest.outcome", ""),
        ("phases.rest.evidence", {}),
        ("phases.one.outcome == ''", True),
        ("{'b': [1, 2.5, true, null], 'a': 'é'}", {"a": "é", "b": [1, 2.5, True, None]}),
        ("b'abc'", "YWJj"),
        ("1u", 1),
        ("'}}' + \"{{\" + 'it\\'s'", "}}{{it's"),
        ("{'a': {'b': 1}}", {"a": {"b": 1}}),
        ("'''a }} 'b' ''' + r'\\d'", "a }} 'b' \\d"),
    ],
)
def test_what_expressions_give_is_plain_json(expressions, source, value):
    request = {"name": "x", "lanes": [{"id": "a"}], "free": {"n": 1.5}}
    found = give(
        expressions,
        source,
        request=request,
        phases={"look": ("pass", {"digest": "sha256:1"})},
        target={"odoo": {"base_url": "https://odoo.example.org"}},
    )
    assert found == value
    assert type(found) is type(value)
    assert json.loads(json.dumps(found)) == value


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("request.name", 'Key not found in map : "name"'),
        ("[request.name]", 'Key not found in map : "name"'),
        ("1 / 0", "divide by zero"),
        ("request.free.n + 1", "No matching overloads"),
        ("0.0 / 0.0", "JSON cannot carry"),
        ("1.0 / 0.0", "JSON cannot carry"),
        ("9007199254740992", "JSON cannot carry"),
        ("{1: 2}", "is not text"),
        ("type(1)", "nothing that JSON can carry"),
        ("int('x')", "cannot convert"),
        ("timestamp('yesterday')", "conversion failed"),
        ("target.expected.huge", "out of range"),
    ],
)
def test_an_expression_without_a_usable_value_fails_and_says_why(source, says):
    free = environment({}, PhaseNames((), {}))
    with pytest.raises(ExpressionFailed) as failed:
        free.compile(source).evaluate(
            values({"free": {"n": "x"}}, target={"expected": {"huge": 2**70}})
        )
    assert says.lower() in failed.value.message.lower()
    assert failed.value.source == source
    assert source in str(failed.value)


def test_expressions_see_the_public_part_of_a_target_record_and_no_more(expressions):
    odoo = {"base_url": "https://odoo.example.org", "version": "18.0"}
    record = {"product": "odoo", "dokploy": {"api_key": "env:KEY"}, "policy": {}, "odoo": odoo}
    assert give(expressions, "target", target=record) == {
        "product": "odoo",
        "odoo": {"base_url": "https://odoo.example.org"},
    }


@pytest.mark.parametrize("free", [[{"a\0b": 1}], {"a": ["b\0c"]}, "\0"])
def test_text_that_the_library_would_cut_is_refused(expressions, free):
    with pytest.raises(ExpressionFailed, match=r"U\+0000"):
        expressions.render("${{ request.free }}", values({"free": free}))


@pytest.mark.parametrize(
    ("source", "line", "column", "message"),
    [
        ("lane.instnce == 'x'", 1, 1, "unknown name 'lane.instnce'"),
        ("1 == 1 && phases.loook.outcome == 'x'", 1, 11, "unknown name 'phases.loook.outcome'"),
        ("phases.pass.outcome", 1, 1, "unknown name 'phases.pass.outcome'"),
        ("true &&\n  nothing", 2, 3, "unknown name 'nothing'"),
        ("'é😀' == zz", 1, 9, "unknown name 'zz'"),
        ("lane", 1, 1, "unknown name 'lane'"),
        ("now()", 1, 4, "unknown name 'now'"),
        ("lane.instance == 5", 1, 15, "'==' is not defined for string, int"),
        ("request.typo", 1, 9, "request has no 'typo'"),
        ("has(request.typo)", 1, 13, "request has no 'typo'"),
        ("request['typo']", 1, 10, "request has no 'typo'"),
        ("request.options.slow", 1, 17, "request.options has no 'slow'"),
        ("request.lanes[0].name", 1, 18, "request.lanes.[] has no 'name'"),
        ("[request.typo]", 1, 10, "request has no 'typo'"),
        ("{'a': request.typo}", 1, 15, "request has no 'typo'"),
        ("request.lanes.exists(e, e.id == request.typo)", 1, 41, "request has no 'typo'"),
        ("phases.look.evidence.digst", 1, 22, "phases.look.evidence has no 'digst'"),
        ("target.dokploy.api_key", 1, 8, "target has no 'dokploy'"),
        ("target['policy']", 1, 9, "target has no 'policy'"),
        ("lane.instance =", 1, 15, "no CEL: "),
        ("", 1, 1, "no CEL: it ends in the middle"),
        ("(" * 5000, 1, 1, "longer than 4096"),
        ("(" * 4000, 1, 1, "recursion"),
        ("'\ud800'", 1, 1, ""),
        ("'a\0b'", 1, 3, "U+0000"),
    ],
)
def test_what_does_not_compile_names_its_place(expressions, source, line, column, message):
    with pytest.raises(ExpressionInvalid) as invalid:
        expressions.references(source)
    assert message in invalid.value.message
    assert (invalid.value.line, invalid.value.column) == (line, column)
    assert invalid.value.source == source
    assert "\n" not in invalid.value.message


def test_every_unknown_name_of_an_expression_is_told_with_the_nearest(expressions):
    with pytest.raises(ExpressionInvalid) as invalid:
        expressions.references("lane.instnce == phases.lok.outcome")
    assert [(p.offset, p.hint) for p in invalid.value.problems] == [
        (0, "did you mean 'lane.instance'?"),
        (16, "did you mean 'phases.look.outcome'?"),
    ]


@pytest.mark.parametrize(
    "source",
    [
        "request.free.anything",
        "request.lanes[0].id",
        "request.options.fast",
        "target.expected.any.thing",
    ],
)
def test_fields_that_no_schema_closes_are_left_alone(expressions, source):
    assert expressions.references(source)


def test_references_are_the_names_and_no_others(expressions):
    source = (
        "phases.look.outcome == 'pass' && request.lanes.exists(lane, lane.id == operation.id)"
        " || size({'a': target}) == 1"
    )
    assert expressions.references(source) == {
        "phases.look.outcome",
        "request",
        "operation.id",
        "target",
    }


def test_a_guard_holds_or_not_and_must_be_a_truth_value(expressions):
    guard = "request.options.fast"
    assert expressions.holds(guard, values({"options": {"fast": True}})) is True
    assert expressions.holds(guard, values({"options": {"fast": False}})) is False
    with pytest.raises(ExpressionFailed, match="neither true nor false"):
        expressions.holds(guard, values({"options": {"fast": "yes"}}))
    with pytest.raises(ExpressionFailed, match="Key not found"):
        expressions.holds(guard, values({}))


def test_a_moment_is_an_instant(expressions):
    until = "operation.created_at + duration('1h')"
    assert expressions.moment(until, values()) == "2026-01-31T10:30:00.000Z"
    at = values({"name": "2026-03-01T00:00:00+02:00"})
    assert expressions.moment("request.name", at) == "2026-02-28T22:00:00.000Z"
    for wrong in ("tomorrow", "2026-03-01T00:00:00", "9999-12-31T23:59:59-14:00", ""):
        with pytest.raises(ExpressionFailed, match="not an RFC 3339 time"):
            expressions.moment("request.name", values({"name": wrong}))
    with pytest.raises(ExpressionFailed, match="not an RFC 3339 time"):
        expressions.moment("size(request)", values())


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"on": {"pass": [{"to": "a", "when": "lane.instance"}], "fail": "a"}}, "guard_type"),
        ({"on": {"pass": [{"to": "a", "when": "nope"}], "fail": "a"}}, "unknown_name"),
        ({"with": {"deep": [{"x": "${{ nope }}"}]}}, "unknown_name"),
        ({"with": {"x": "${{ request.name"}}, "expression_invalid"),
        ({"with": {"x": "${{ }}"}}, "expression_invalid"),
    ],
)
def test_a_plan_compiles_every_expression_it_holds(change, code):
    look = DOCUMENT["phases"]["look"] | change
    document = DOCUMENT | {"phases": DOCUMENT["phases"] | {"look": look}}
    with pytest.raises(ExpressionInvalid) as invalid:
        compiled(document)
    assert invalid.value.problems[0].code == code


def test_a_plan_compiles_what_it_waits_for_and_what_its_branches_take():
    phases = DOCUMENT["phases"]
    rest = phases["rest"] | {"wait": {"until": "lane.instance == 'x'"}}
    with pytest.raises(ExpressionInvalid, match="a moment is a time"):
        compiled(DOCUMENT | {"phases": phases | {"rest": rest}})
    branch = {"one": {"action": "x.probe", "with": {"count": "${{ nope }}"}}}
    side = phases["side_by_side"] | {"parallel": branch}
    with pytest.raises(ExpressionInvalid, match="unknown name 'nope'"):
        compiled(DOCUMENT | {"phases": phases | {"side_by_side": side}})


def test_templates_keep_types_alone_and_become_text_among_other_text(expressions):
    given = values({"lanes": [{"id": "a"}], "free": {"n": 1}})
    template = {
        "alone": "${{ request.lanes }}",
        "spaced": "${{request.free.n}}",
        "among": "n=${{ request.free.n }}, l=${{ request.lanes }}, ${{ lane.product }}${{ true }}",
        "after": "${{ null }} ",
        "list": ["${{ 1 + 1 }}", 5, None, {"k": "${{ 'v' }}"}],
        "not": "$ {{ x }} }} {{ $",
        "${{ key }}": "keys are left alone",
        "empty": "",
    }
    assert expressions.render(template, given) == {
        "alone": [{"id": "a"}],
        "spaced": 1,
        "among": 'n=1, l=[{"id":"a"}], odootrue',
        "after": "null ",
        "list": [2, 5, None, {"k": "v"}],
        "not": "$ {{ x }} }} {{ $",
        "${{ key }}": "keys are left alone",
        "empty": "",
    }


def test_rendering_changes_nothing_that_it_was_given(expressions):
    template = {"a": ["${{ request.free }}"]}
    given = values({"free": {"n": [1]}})
    rendered = expressions.render(template, given)
    rendered["a"][0]["n"].append(2)
    assert template == {"a": ["${{ request.free }}"]}
    assert given["request"] == {"free": {"n": [1]}}


PLAIN = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")).filter(
    lambda text: "${{" not in text
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | PLAIN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PLAIN, inner, max_size=4),
    max_leaves=12,
)
EXPRESSIONS = compiled()


@given(JSON)
def test_json_without_expressions_renders_to_itself(value):
    assert EXPRESSIONS.render(value, values()) == value


@given(JSON)
def test_a_value_goes_through_an_expression_unchanged(value):
    found = EXPRESSIONS.render("${{ request.free.value }}", values({"free": {"value": value}}))
    assert found == value
    assert json.dumps(found, sort_keys=True) == json.dumps(value, sort_keys=True)


@given(PLAIN, PLAIN, st.integers(-1000, 1000) | st.booleans() | PLAIN)
def test_a_template_is_its_text_around_its_values(before, after, value):
    template = before.rstrip("$") + "|${{ request.free.v }}|" + after
    shown = value if isinstance(value, str) else json.dumps(value)
    found = EXPRESSIONS.render(template, values({"free": {"v": value}}))
    assert found == f"{before.rstrip('$')}|{shown}|{after}"


@given(st.text())
def test_any_text_is_an_expression_or_is_refused(text):
    def attempt():
        try:
            return EXPRESSIONS.render("${{" + text + "}}", values())
        except (ExpressionInvalid, ExpressionFailed) as refused:
            return type(refused)

    found = attempt()
    assert not isinstance(found, float) or math.isfinite(found)
