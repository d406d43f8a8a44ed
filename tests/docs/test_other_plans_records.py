"""docs/connect.md: what it says the other plans need is what their drivers take."""

import re
from pathlib import Path
from typing import Any

import msgspec
import yaml

from laneway.core.model import Lane
from laneway.drivers.target import TargetRecord
from laneway.drivers.time.target import TimeTarget
from laneway.loading.targets import load_targets

PAGE = (Path(__file__).parents[2] / "docs" / "connect.md").read_text(encoding="utf-8")
RECORD = str(*re.findall(r"```yaml\n(targets:.*?)```", PAGE, flags=re.DOTALL))
ADDED = re.findall(r"```yaml\n(    [a-z].*?)```", PAGE, flags=re.DOTALL)


def of(one: Any, other: Any) -> Any:
    """One with the other laid over it."""
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return other
    return {**one, **{name: of(one.get(name), value) for name, value in other.items()}}


def test_the_record_with_everything_that_is_added_is_one_for_the_schema_and_the_drivers():
    document = yaml.safe_load(RECORD)
    assert len(ADDED) == 2
    for text in ADDED:
        document["targets"][0] = of(document["targets"][0], yaml.safe_load(text))
    target = load_targets(yaml.safe_dump(document), "targets.yaml").target(
        Lane("odoo", "cm", "testing")
    )
    record = msgspec.convert(target, TargetRecord)
    assert record.policy.odoo_promotion.enabled
    assert record.promotion is not None
    assert record.promotion.source.instance == "testing"
    assert record.dokploy.schedules["maintenance"].name == "Maintenance of cm-testing"
    (window,) = msgspec.convert(target, TimeTarget).maintenance.windows
    assert (window.opens, window.timezone, window.days) == (
        "22:00",
        "Europe/Berlin",
        ("sat", "sun"),
    )
