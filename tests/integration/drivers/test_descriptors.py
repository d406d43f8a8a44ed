"""Descriptors: what ships is as the schema says, and what is not is refused by name and field."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from laneway.core.model import ActionScope, ActionSpec, Safety
from laneway.drivers.registry import Registry, RegistryError
from laneway.ports.descriptors import described
from laneway.ports.driver import Action, DriverDescriptor, SettingGroup
from laneway.testing.actions import ScriptedAction
from laneway_server import bootstrap, views
from laneway_server.settings import Settings

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "schemas" / "driver.schema.json").read_text(encoding="utf-8"))
SHIPPED = bootstrap._registry().descriptors()
READ = ActionSpec("x.look", Safety.READ, label="Look", description="Looks.")
TARGETS = json.loads((ROOT / "schemas" / "targets.schema.json").read_text(encoding="utf-8"))


class Offering:
    """A driver that offers one action, and describes it as it likes."""

    def __init__(self, spec: ActionSpec, **more: Any) -> None:
        fields = {"driver_id": "x", "label": "X", "description": "For tests.", **more}
        self.descriptor = DriverDescriptor(actions=(spec,), **fields)
        self._action = ScriptedAction(spec)

    def actions(self) -> Sequence[Action]:
        return (self._action,)

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


def refused(spec: ActionSpec = READ, **more: Any) -> str:
    with pytest.raises(RegistryError) as error:
        Registry([Offering(spec, **more)])
    return str(error.value)


def changed(**changes: Any) -> ActionSpec:
    return msgspec.structs.replace(READ, **changes)


def test_the_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("descriptor", SHIPPED, ids=lambda one: one.driver_id)
def test_what_ships_is_as_the_schema_says(descriptor: DriverDescriptor):
    document = described(descriptor)
    Draft202012Validator(SCHEMA).validate(document)
    shown = json.loads(views.to_json(views.driver_view(descriptor)))
    assert shown == document, "the wire shows the document, whole"


@pytest.mark.parametrize("descriptor", SHIPPED, ids=lambda one: one.driver_id)
def test_what_ships_is_described_for_people_and_policies(descriptor: DriverDescriptor):
    assert descriptor.provider_boundary
    for spec in descriptor.actions:
        assert spec.authz_action, spec.action_id
        assert spec.parameters.get("type") == "object", spec.action_id
        assert spec.evidence.get("type") == "object", spec.action_id
        # An action that writes says what, and one that reads writes nothing.
        assert bool(spec.writes_records) == (spec.safety is not Safety.READ), spec.action_id


@pytest.mark.parametrize("descriptor", SHIPPED, ids=lambda one: one.driver_id)
def test_the_settings_that_a_driver_names_are_those_of_a_target_record(
    descriptor: DriverDescriptor,
):
    record = TARGETS["$defs"]["target"]
    for group in descriptor.setting_groups:
        for field in (*group.fields, *group.secret_bindings):
            place = record
            for name in field.split("."):
                assert name in place["properties"], f"{descriptor.driver_id}: {field}"
                place = place["properties"][name]
            # One secret, or several by name.
            secret = {"$ref": "#/$defs/secret"} in (place, place.get("additionalProperties"))
            assert secret == (field in group.secret_bindings), field


def test_a_descriptor_s_words_are_those_that_launchplane_s_users_know():
    spec = ActionSpec(
        "x.change",
        Safety.MUTATION,
        parameters={"type": "object"},
        evidence={"type": "object", "properties": {}},
        label="Change",
        description="Changes.",
        scope=ActionScope.CONTEXT,
        writes_records=("x.record",),
    )
    group = SettingGroup(group_id="g", label="G", description="d", fields=("drivers.x.url",))
    (action,) = described(Offering(spec, setting_groups=(group,)).descriptor)["actions"]
    assert action == {
        "action_id": "x.change",
        "label": "Change",
        "description": "Changes.",
        "safety": "mutation",
        "scope": "context",
        "authz_action": "x.change",
        "operator_visible": True,
        "input_schema": {"type": "object"},
        "output_schema": {"type": "object", "properties": {}},
        "writes_records": ["x.record"],
        "outcomes": ["pass", "fail"],
        "idempotent": False,
        "recoverable": False,
        "supports_dry_run": False,
    }


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"label": ""}, "x.look/label: "),
        ({"description": ""}, "x.look/description: "),
        ({"safety": "harmless"}, "x.look/safety: must be read, safe_write"),
        ({"scope": "galaxy"}, "x.look/scope: must be global, context"),
        ({"outcomes": ("pass", "refused")}, "x.look/outcomes: "),
        ({"outcomes": ("pass", "fail", "fail")}, "x.look/outcomes: "),
        ({"outcomes": ("pass", "fail", "Not Yet")}, "x.look/outcomes/2: 'Not Yet' is not an"),
        ({"recoverable": True}, "x.look/recoverable: "),
        ({"supports_dry_run": True}, "x.look/supports_dry_run: "),
        ({"writes_records": ("x.row",)}, "x.look/writes_records: "),
        ({"idempotent": "yes"}, "x.look/idempotent: must be true or false, not text"),
        ({"parameters": {"type": "thing"}}, "x.look/input_schema/type: must be array"),
        ({"evidence": {"$ref": "#/$defs/no"}}, "x.look/output_schema/$ref: "),
        ({"evidence": ["a"]}, "x.look/output_schema: must be a mapping, not a list"),
        ({"action_id": "Look"}, "Look/action_id: 'Look' is not an action_id"),
    ],
)
def test_an_action_that_is_not_described_as_actions_are_is_refused(
    changes: dict[str, Any], said: str
):
    message = refused(changed(**changes))
    assert message.startswith("the driver x is not described as drivers are:\n")
    assert f"\n  {said}" in message


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"label": ""}, "label: "),
        ({"driver_id": "X Y"}, "driver_id: 'X Y' is not a driver_id"),
        ({"product": None}, "product: must be text, not null"),
        ({"context_patterns": ("*", "*")}, "context_patterns: "),
        (
            {"setting_groups": (SettingGroup(group_id="G!", label="G", description="d"),)},
            "setting_groups/0/group_id: 'G!' is not a name",
        ),
    ],
)
def test_a_driver_that_is_not_described_as_drivers_are_is_refused(more: dict[str, Any], said: str):
    assert f"\n  {said}" in refused(**more)


def test_everything_that_is_wrong_is_said_at_once():
    message = refused(changed(label="", safety="harmless"), description="")
    assert len(message.splitlines()) == 4


def test_a_descriptor_that_is_no_json_is_refused():
    assert "the descriptor: it is not JSON" in refused(
        changed(parameters={"type": "object", "default": object()})
    )


async def test_a_server_does_not_start_with_such_a_driver(monkeypatch: pytest.MonkeyPatch):
    from laneway_server.service import StartupFailed

    monkeypatch.setattr(bootstrap, "discover", lambda: (Offering(changed(safety="harmless")),))
    with pytest.raises(StartupFailed, match=r"x\.look/safety"):
        bootstrap.build(Settings(demo=True))
