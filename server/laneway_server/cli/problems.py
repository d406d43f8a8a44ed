"""What to do about a refusal, and what is wrong with a request, in words."""

from laneway_server.client.problems import Refused

from .text import clean

_REMEDIES = {
    "authentication_required": "give a token: set LANEWAY_TOKEN or name a file with --token-file\n"
    "or in a GitHub workflow: laneway --github-oidc AUDIENCE …",
    "authorization_denied": "use an identity that may do this; operators can look the trace id up",
    "not_found": "see what there is: laneway list",
    "plan_not_found": "GET /v1/plans says which plans there are, and why others did not load",
    "target_not_found": "check the lane's spelling (product/context/instance); the server has no "
    "target record for it",
    "lane_busy": "follow the operation that has it: laneway watch {operation}\n"
    "or wait in line: --when-busy queue",
    "repeat_not_accepted": "look at what was done: laneway status {operation}\n"
    "and to do it again: --supersedes {operation}",
    "lane_frozen": "see since when: laneway lane show LANE\n"
    "and once it may go on: laneway lane unfreeze LANE",
    "illegal_transition": "see where the operation stands: laneway status {operation}",
    "not_cancellable": "follow it to its end: laneway watch {operation}",
    "digest_mismatch": "what is to be approved has changed; look again: laneway status {operation}",
    "self_approval": "somebody else has to decide: the plan does not let the requester approve",
    "idempotency_key_reused": "the key belongs to another submission: name another --key, or none",
    "body_too_large": "make the request document smaller",
    "draining": "the server is about to stop: ask again once it is back",
    "store_unavailable": "nothing was written; the server's log says what is wrong",
    "events_expired": "what is left of it, as JSON: laneway status {operation} --json\n"
    "and for new work: another --key, or none",
}


def remedy(refused: Refused, operation: str = "") -> list[str]:
    """What to do about a refusal, a line each; ``operation`` is the one that was asked about."""
    text = _REMEDIES.get(refused.code, "")
    if not refused.code:
        text = "this does not look like a Laneway server: check --server"
    about = refused.problem.get("operation")
    about = about.get("id") if isinstance(about, dict) else about  # of a pruned one, what is left
    named = clean(about) or operation or "OPERATION"
    return text.format(operation=named).splitlines()


def mistakes(refused: Refused) -> list[str]:
    """What is wrong with the request, ``path: message`` each."""
    errors = refused.problem.get("errors")
    if not isinstance(errors, list):
        return []
    return [_mistake(error) for error in errors]


def _mistake(error: object) -> str:
    if not isinstance(error, dict):
        return clean(error)
    path, message = clean(error.get("path")), clean(error.get("message"))
    return f"{path}: {message}" if path else message
