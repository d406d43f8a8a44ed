"""What Schemathesis loads to make calls that get somewhere: as somebody, about what there is.

It runs in Schemathesis's own process. Every call is counted by its route and answer, and the counts
are written to the file that the environment names.
"""

import json
import os
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import requests
import schemathesis

TOKENS = {name: "laneway_" + name[0] * 43 for name in ("ann", "bob", "reader", "stranger")}
CALLERS = ("ann", "ann", "bob", "bob", "reader", "stranger", "nobody")
COUNTS, URL = "LANEWAY_TEST_COUNTS", "LANEWAY_TEST_URL"
_KEPT = ("Idempotency-Key", "If-None-Match", "Content-Type")

Case = schemathesis.Case[Any]

_chance = Random(4)
_keys = [0]
_made: list[str] = []
_seen: Counter[str] = Counter()


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: Case, kwargs: Any) -> None:
    """Give a call a caller, and mostly what it needs to be understood."""
    for name in set(case.headers) - set(_KEPT):
        del case.headers[name]
    case.cookies = {}
    case.query = {name: value for name, value in case.query.items() if name != "wait"}
    caller = _chance.choice(CALLERS)
    if caller in TOKENS:
        case.headers["Authorization"] = f"Bearer {TOKENS[caller]}"
    if _chance.random() < 0.8:
        _make_sense(case)


@schemathesis.hook
def after_call(
    context: schemathesis.HookContext, case: Case, response: schemathesis.Response
) -> None:
    """Count it, and remember what was made."""
    if response.status_code == 202:
        _made.append(response.json()["id"])
    _seen[f"{case.operation.label} {response.status_code}"] += 1
    Path(os.environ[COUNTS]).write_text(json.dumps(_seen), encoding="utf-8")


def _make_sense(case: Case) -> None:
    lane = {"product": "shop", "context": "eu", "instance": str(_chance.randrange(8))}
    if "product" in case.path_parameters:
        case.path_parameters = lane
    if "id" in case.path_parameters:
        case.path_parameters["id"] = _fitting(case.operation.path)
    if "Idempotency-Key" in case.headers:
        _keys[0] += _chance.randrange(3) > 0
        case.headers["Idempotency-Key"] = f"key-{_keys[0]}"
    body = _body(case, lane)
    if body is not None:
        case.body = body


def _fitting(path: str) -> str:
    """An operation that the call may be about: in a status that it needs, or any."""
    for status in _NEEDS.get(path.rpartition("/")[2], ()):
        found = _read("/v1/operations", status=status).get("operations", [])
        if found:
            return str(found[0]["id"])
    return _chance.choice(_made[-6:] or ["op_none"])


_NEEDS = {
    "approvals": ("waiting",),
    "cancel": ("waiting",),
    "reconcile": ("reconciliation_required",),
    "retry": ("fail", "cancelled"),
}


def _read(path: str, **query: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {TOKENS['reader']}"}
    answer = requests.get(os.environ[URL] + path, query, headers=headers, timeout=30)
    found: dict[str, Any] = answer.json()
    return found


def _body(case: Case, lane: dict[str, str]) -> dict[str, Any] | None:
    """A body that is understood; None where there is none, or it is to stay as it is."""
    path = case.operation.path
    if path == "/v1/operations" and case.method == "POST":
        return {"plan": _chance.choice(["work", "gate"]), "lane": lane}
    if path.endswith(("/cancel", "/pause", "/freeze", "/unfreeze", "/retry")):
        return {"reason": "as a test"}
    if path.endswith("/reconcile"):
        return {"outcome": _chance.choice(["pass", "fail", "retry"]), "note": "looked"}
    if path.endswith("/approvals"):
        decision = _chance.choice(["approve", "reject", "revoke"])
        return {"phase": "ask", "decision": decision, "digest": _digest(case)}
    return {} if path.endswith("/resume") else None


def _digest(case: Case) -> str:
    """What an approver is shown."""
    phases = _read(f"/v1/operations/{case.path_parameters['id']}").get("phases", [])
    asked = [phase["approval"] for phase in phases if "approval" in phase]
    return str(asked[0]["digest"]) if asked else "sha256:" + "0" * 64
