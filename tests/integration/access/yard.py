"""A server with an owner, a guest, and who may only submit; and calls in their names."""

from typing import Any

from laneway_server.access.document import Rule, TokenEntry, Who
from laneway_server.access.ruling import Act
from tests.integration.access.support import Guard, token_entry
from tests.integration.server.support import SUBMISSION, Answer

LANE_PATH = "/v1/lanes/shop/eu/testing"
NAMES = ("owner", "guest", "submitter")
TOKENS = {name: f"laneway_{name.ljust(43, 'x')}" for name in NAMES}
EVERYTHING = tuple(Act)


def rule(name: str, *may: Act, **limits: Any) -> Rule:
    """A rule for one of the static tokens."""
    return Rule(name=name, who=Who(subjects=(f"token:{name}",)), may=may, **limits)


RULES = (
    rule("owner", *EVERYTHING),
    rule("guest", *EVERYTHING, plans=("gate",), instances=("testing",)),
    rule("submitter", Act.SUBMIT, plans=("work",)),
)


def tokens() -> tuple[TokenEntry, ...]:
    """Everybody's token, as the access file has it."""
    return tuple(token_entry(TOKENS[name], name=name) for name in NAMES)


async def post(yard: Guard, path: str, body: Any = None, *, who: str, key: str = "") -> Answer:
    return await yard.api.post(path, {} if body is None else body, key=key, who=TOKENS[who])


async def submit(yard: Guard, who: str = "owner", key: str = "k", **changes: Any) -> Answer:
    return await post(yard, "/v1/operations", SUBMISSION | changes, who=who, key=key)


async def get(yard: Guard, path: str, who: str) -> Answer:
    return await yard.asked(TOKENS[who], path)
