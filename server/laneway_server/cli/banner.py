"""What ``serve`` says when the server answers: where it is, what it serves, and how to begin."""

import shlex
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from laneway import __version__

from .text import clean
from .words import curl, program

if TYPE_CHECKING:
    from laneway_server.service import Service

_PLAN = "odoo-stable-bootstrap"
_LANE = "odoo/cm/testing"
_CONFIRMATION = "confirmation=bootstrap cm testing"
_BODY = (
    '{"plan":"odoo-stable-bootstrap",'
    '"lane":{"product":"odoo","context":"cm","instance":"testing"},'
    '"request":{"confirmation":"bootstrap cm testing"}}'
)


def banner(service: "Service") -> Text:
    """The banner of a server that has started; every command in it stands on a line of its own."""
    told = Text.assemble("\n", (f"Laneway {__version__}", "bold"), "  ")
    told.append(service.url, style="bold cyan")
    if service.settings.demo:
        told.append("  demo: a simulated Dokploy and Odoo", style="yellow")
    told.append("\n")
    _facts(told, "plans", _plans(service))
    _facts(told, "lanes", _lanes(service))
    _facts(told, "database", [_database(service)])
    told.append("\n")
    _facts(told, "submit", _submit(service))
    for name, command in _looking(service.url).items():
        _facts(told, name, [Text(command, style="cyan")])
    return told.append("\n\nCtrl-C stops it; what runs goes on at the next start.\n", style="dim")


def _facts(told: Text, name: str, lines: Iterable[Text]) -> None:
    for place, line in enumerate(lines):
        told.append(f"\n{'' if place else name:<10}", style="dim").append_text(line)


def _plans(service: "Service") -> Iterator[Text]:
    catalog = service.services.plans
    for name, offered in sorted(catalog.plans.items()):
        plan = offered.compiled.plan
        yield Text.assemble(("✓ ", "green"), f"{clean(name)} {plan.version}", f"  {plan.title}")
    for errors in catalog.errors.values():
        for error in errors:
            yield Text.assemble(("✗ ", "bold red"), clean(error))
    if not catalog.plans:
        yield Text("none can be used: nothing can be submitted", style="bold red")


def _lanes(service: "Service") -> Iterator[Text]:
    from laneway.loading.targets import TargetRecords

    targets = service.services.targets
    if isinstance(targets, TargetRecords):
        yield Text("  ".join(sorted(clean(lane) for lane in targets.records)))


def _database(service: "Service") -> Text:
    named = service.settings.database
    if named is None and service.settings.demo:
        return Text("a temporary one, gone when the server stops (--database FILE keeps it)")
    return Text(clean(named or "laneway.db"))


def _submit(service: "Service") -> Iterator[Text]:
    """How to submit; a demo's plan and lane are known, so that the lines can be run as they are."""
    if not service.settings.demo or _PLAN not in service.services.plans.plans:
        yield Text(f"{program()} submit PLAN PRODUCT/CONTEXT/INSTANCE --wait", style="cyan")
        return
    command = [program(), "submit", _PLAN, _LANE, "--set", shlex.quote(_CONFIRMATION), "--wait"]
    yield Text(" ".join(command), style="cyan")
    headers = ("-H", "Idempotency-Key: first", "-H", "Content-Type: application/json")
    yield Text(curl(f"{service.url}/v1/operations", "-sS", *headers, "-d", _BODY), style="cyan")


def _looking(url: str) -> dict[str, str]:
    accept = ("-H", "Accept: text/event-stream")
    return {
        "follow": curl(f"{url}/v1/operations/OPERATION/events", "-N", *accept),
        "list": curl(f"{url}/v1/operations", "-sS"),
    }
