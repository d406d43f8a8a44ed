"""Target records: their shape, their places, and what of them is public."""

import copy
import json
from pathlib import Path

import pytest

from laneway.core.model import Lane
from laneway.loading.targets import TargetsInvalid, load_targets, public

TARGETS = """\
targets:
  - product: odoo
    context: cm
    instance: testing
    dokploy:
      url: https://dokploy.example.org
      api_key: env:DOKPLOY_API_KEY
      compose_id: compose-1
      server_id: server-1
      schedule_type: server
    odoo: {base_url: "https://odoo.example.org", version: "18.0"}
    expected:
      name: cm-testing
      domains: [odoo.example.org]
      database: cm
      logo_sha256: 0000000000000000000000000000000000000000000000000000000000000abc
      artifact_id: artifact-1
      source_git_ref: main
      runtime_identity:
        {product: odoo, context: cm, instance: testing, environment_kind: stable}
    policy:
      odoo_stable_bootstrap:
        enabled: true
        approval_issue_url: https://example.org/issues/1
        confirmation: bootstrap cm testing
        expected_target_name: cm-testing
        expected_domains: [odoo.example.org]
        data_source_mode: empty
        require_health_verification: true
        require_canonical_verification: true
        require_logo_verification: true
      odoo_data_policy:
        data_authority: resettable
        allowed_rebuild_sources: [empty]
        requires_runtime_identity: true
  - {product: odoo, context: cm, instance: prod}
"""


def errors(text):
    with pytest.raises(TargetsInvalid) as invalid:
        load_targets(text, "targets.yaml")
    return [(error.line, error.column, error.code) for error in invalid.value.errors]


def test_records_are_found_by_lane():
    records = load_targets(TARGETS, "targets.yaml")
    found = records.target(Lane("odoo", "cm", "testing"))
    assert found is not None
    assert found["dokploy"]["compose_id"] == "compose-1"
    assert records.target(Lane("odoo", "cm", "prod")) == {
        "product": "odoo",
        "context": "cm",
        "instance": "prod",
    }
    assert records.target(Lane("odoo", "cm", "staging")) is None


def test_public_shows_what_is_expected_and_where_odoo_answers_and_nothing_of_dokploy():
    record = load_targets(TARGETS, "targets.yaml").target(Lane("odoo", "cm", "testing"))
    assert record is not None
    before = copy.deepcopy(record)
    shown = public(record)
    assert set(shown) == {"product", "context", "instance", "expected", "odoo"}
    assert shown["odoo"] == {"base_url": "https://odoo.example.org"}
    assert shown["expected"] == record["expected"]
    for secret in ("dokploy", "DOKPLOY_API_KEY", "compose-1", "server-1", "confirmation"):
        assert secret not in json.dumps(shown)
    assert record == before


def test_public_of_a_bare_record_is_its_lane():
    bare = {"product": "odoo", "context": "cm", "instance": "prod", "dokploy": {"api_key": "env:A"}}
    assert public(bare) == {"product": "odoo", "context": "cm", "instance": "prod"}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("env:DOKPLOY_API_KEY", "s3cret", (7, 16, "bad_format")),
        ("compose_id: compose-1", "composeid: compose-1", (5, 5, "missing_property")),
        ("enabled: true", "enabled: yes", (23, 18, "wrong_type")),
        ("data_authority: resettable", "data_authority: mine", (33, 25, "wrong_value")),
        ("https://odoo.example.org", "odoo.example.org", (11, 22, "bad_format")),
        ("domains: [odoo.example.org]", "domains: [a b]", (14, 17, "bad_format")),
        ("0abc", "0ABC", (16, 20, "bad_format")),
        ("instance: prod}", "instance: testing}", (36, 5, "duplicate_lane")),
        ("    odoo:", "    oddo:", (11, 5, "unknown_property")),
        ("targets:", "targets: &x !t", (1, 10, "tag")),
    ],
)
def test_every_error_names_its_place(before, after, expected):
    assert before in TARGETS
    assert expected in errors(TARGETS.replace(before, after, 1))


def test_all_errors_come_at_once():
    text = TARGETS.replace("enabled: true", "enabled: 1").replace("cm-testing", "''")
    assert [line for line, _, _ in errors(text)] == sorted(line for line, _, _ in errors(text))
    assert len(errors(text)) == 3


def test_every_property_of_the_schemas_is_described():
    schemas = Path(__file__).parents[3] / "schemas"
    for name in ("plan", "targets"):
        schema = json.loads((schemas / f"{name}.schema.json").read_text(encoding="utf-8"))
        bare = [path for path, inner in _properties(schema, name) if "description" not in inner]
        assert bare == []


def _properties(schema, path):
    """Every property, with its schema (what it refers to, where it says nothing itself)."""
    for key, inner in schema.items() if isinstance(schema, dict) else []:
        if key == "properties" and "const" not in str(inner)[:20]:
            yield from ((f"{path}.{name}", prop) for name, prop in _resolved(inner))
        yield from _properties(inner, f"{path}.{key}")


def _resolved(properties):
    for name, prop in properties.items():
        yield name, {"description": ""} if "$ref" in prop or "const" in prop else prop
