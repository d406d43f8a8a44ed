"""Proving the target once more, just before something is changed on it.

A target that is not as recorded, or not as it was when an earlier phase proved it, is left alone.
"""

import hashlib
import re

from laneway.drivers.dokploy.client import DokployClient
from laneway.drivers.dokploy.prove_target import (
    CONTENT,
    DIGEST_KEY,
    IDENTITY_KEY,
    Check,
    Content,
    TargetProof,
    prove,
)
from laneway.drivers.target import TargetRecord
from laneway.ports.driver import ActionContext, ActionFailed

__all__ = ["CONTENT", "marker", "prove_again", "proved_before"]

TARGET_PROOF_PHASE = "target_proof"
_MARKER = re.compile(r"[A-Za-z0-9_]+")


async def prove_again(
    client: DokployClient,
    record: TargetRecord,
    context: ActionContext,
    *,
    leaving_out: frozenset[str] = frozenset(),
    key: str = DIGEST_KEY,
    deployed: Content | None = None,
) -> TargetProof:
    """Prove the target once more.

    Args:
        leaving_out: checks that need not hold, because it is for the action to change that.
        key: which of the proof's digests must still be as it was.
        deployed: what an earlier phase has deployed there; the digest of before is compared
            without what was deployed then.

    Raises:
        ActionFailed: nothing was done; ``target_drifted`` where the target has changed.
    """
    proved = await prove(client, record, deployed=deployed)
    broken = _broken(proved, leaving_out)
    key = IDENTITY_KEY if deployed else key
    before, now = proved_before(context, key), proved.digests[key]
    if broken is None and before in (None, now):
        return proved
    message = proved.refusal(broken).message if broken else "it is not what was proved before"
    detail = {"proved_before": before, "proved_now": now}
    raise ActionFailed(
        "target_drifted",
        f"nothing was done, the target has drifted: {message}",
        detail=detail,
        evidence=proved.evidence,
    )


def proved_before(context: ActionContext, key: str = DIGEST_KEY) -> str | None:
    """The digest of the target's proof in an earlier phase, where there was one."""
    phases = (TARGET_PROOF_PHASE, *context.evidence)
    found = (context.evidence.get(phase, {}).get(key) for phase in phases)
    return next((value for value in found if isinstance(value, str)), None)


def marker(token: str) -> str:
    """The attempt's token as a word that is safe in a shell and a file name.

    A token that is no such word is replaced by its digest, which names the attempt as well.
    """
    if _MARKER.fullmatch(token):
        return token
    return "t_" + hashlib.sha256(token.encode()).hexdigest()[:32]


def _broken(proved: TargetProof, leaving_out: frozenset[str]) -> Check | None:
    checks = (check for check in proved.checks if check.check not in leaving_out)
    return next((check for check in checks if not check.held), None)
