"""What is doubtful about one rule: where it allows more than it looks, or nothing at all."""

from collections.abc import Iterator

from laneway.core.findings import Finding, Severity
from laneway.core.names import listed
from laneway.core.schemas import Path

from . import globs
from .conditions import WITH_ACTIONS
from .document import AccessDocument, Rule, Who, is_github
from .loading import GLOBS
from .reach import github_reached, reaches_issuer, says_github
from .ruling import Act

_LANE = ("products", "contexts", "instances")
_ABOUT_NO_PLAN = frozenset({Act.FREEZE, Act.ADMIN})


def warning(code: str, message: str, at: Path, hint: str = "", *, key: bool = False) -> Finding:
    """A finding that leaves the file usable."""
    return Finding(code, message, at, hint, Severity.WARNING, about_key=key)


def rule_warnings(rule: Rule, at: Path, document: AccessDocument) -> Iterator[Finding]:
    """What is doubtful about a rule.

    Args:
        at: where it stands in the document.
    """
    who = (*at, "who")
    yield from _about_anyone(rule, who, document)
    if not rule.who.anyone and github_reached(rule, document):
        yield from _about_github(rule.who, who)
        yield from _about_issuers(rule.who, who, document)
    yield from _about_globs(rule.who, who)
    yield from _about_acts(rule, at)
    yield from _about_submissions(rule, at)
    yield from _without_effect(rule, at)


# --- who -----------------------------------------------------------------------------------------


def _about_anyone(rule: Rule, at: Path, document: AccessDocument) -> Iterator[Finding]:
    if rule.who.anyone and any(is_github(entry.issuer) for entry in document.issuers):
        told = "anyone is also every workflow of every repository on GitHub"
        yield warning("any_repository", told, (*at, "anyone"), "name groups or repository_ids")


def _about_github(who: Who, at: Path) -> Iterator[Finding]:
    if not (who.repository or who.repository_ids or who.workflow_refs or who.job_workflow_refs):
        if not who.subjects:
            told = "it is for every repository on GitHub: anybody can make one"
            yield warning("any_repository", told, at, "add repository_ids", key=True)
    elif who.repository and not who.repository_ids:
        told = "a repository's name can be given up, and taken by somebody else"
        hint = f"add repository_ids (gh api repos/{who.repository} --jq .id)"
        yield warning("repository_without_id", told, (*at, "repository"), hint)
    if not who.refs and not who.workflow_refs:
        told = "it is for every branch and tag: whoever can push a branch can change what runs"
        yield warning("any_ref", told, at, "add refs or workflow_refs", key=True)
    if not who.event_names:
        told = "it is for every event, a pull request too"
        yield warning("any_event", told, at, "add event_names", key=True)


def _about_issuers(who: Who, at: Path, document: AccessDocument) -> Iterator[Finding]:
    others = [each for each in document.issuers if not is_github(each.issuer)]
    trusted = [each.name for each in others if reaches_issuer(who, each)]
    if says_github(who) and not who.issuers and trusted:
        told = f"the claims of {listed(trusted, 'and')} count as much as GitHub's"
        yield warning("any_issuer", told, at, "add issuers", key=True)


def _about_globs(who: Who, at: Path) -> Iterator[Finding]:
    for name in GLOBS:
        for index, glob in enumerate(getattr(who, name)):
            place = (*at, name, index)
            yield from _wide_glob(name, glob, place)
            impossible = _impossible(name, glob)
            if impossible:
                yield warning("never_matches", impossible[0], place, impossible[1])


def _wide_glob(name: str, glob: str, at: Path) -> Iterator[Finding]:
    if name != "refs" and not globs.literal_start(glob):
        told = "it begins with a wildcard, so it is for anybody's"
        yield warning("open_glob", told, at, "write out what it begins with")
    elif "**" in glob:
        told = "** crosses /, and so is for all that is further down"
        yield warning("crossing_glob", told, at, "write * where one part is meant")


def _impossible(name: str, glob: str) -> tuple[str, str] | None:
    """Why a glob matches nothing that GitHub sends, and what to do; None where it may."""
    if name == "refs" and not _may_be_ref(glob):
        return "a ref begins with refs/heads/, refs/tags/ or refs/pull/", f"refs/heads/{glob}?"
    if name not in ("workflow_refs", "job_workflow_refs"):
        return None
    path, at, ref = glob.rpartition("@")
    if not at and "**" not in glob:
        return "there is no @ and ref after the file", f"{glob}@refs/heads/main?"
    if at and name == "workflow_refs" and not _may_be_ref(ref):
        return "after the @ comes a whole ref", f"{path}@refs/heads/main?"
    return None


def _may_be_ref(glob: str) -> bool:
    start = globs.literal_start(glob)
    begins = "refs/".startswith(start) if len(start) < 5 else start.startswith("refs/")
    whole = start == glob
    return begins and (glob.count("/") >= 2 or "**" in glob) and not (whole and len(start) < 5)


# --- what ----------------------------------------------------------------------------------------


def _about_acts(rule: Rule, at: Path) -> Iterator[Finding]:
    may = (*at, "may")
    if Act.APPROVE in rule.may and not rule.roles:
        told = "it lets approve in every role that a plan asks for"
        yield warning("any_role", told, (*may, rule.may.index(Act.APPROVE)), "add roles")
    if Act.ADMIN in rule.may and not _names_callers(rule.who):
        told = "whoever it is for is an administrator of the whole server"
        hint = "name them: subjects, without wildcards, in a rule of their own"
        yield warning("admin", told, (*may, rule.may.index(Act.ADMIN)), hint)


def _names_callers(who: Who) -> bool:
    return bool(who.subjects) and not any("*" in subject for subject in who.subjects)


def _about_submissions(rule: Rule, at: Path) -> Iterator[Finding]:
    if WITH_ACTIONS.isdisjoint(rule.may):
        return
    missing = [name for name in _LANE if not getattr(rule, name)]
    if missing:
        told = f"it lets {_acts(rule)} on lanes of any {listed(_singular(missing), 'and')}"
        yield warning("any_lane", told, (*at, "may"), f"add {listed(missing, 'and')}", key=True)
    if not rule.plans and not rule.actions:
        told = f"it lets {_acts(rule)} whatever plan there is, or will be"
        yield warning("any_plan", told, (*at, "may"), "add plans or actions", key=True)


def _acts(rule: Rule) -> str:
    return listed([str(act) for act in rule.may if act in WITH_ACTIONS], "and")


def _singular(names: list[str]) -> list[str]:
    return [name.removesuffix("s") for name in names]


def _without_effect(rule: Rule, at: Path) -> Iterator[Finding]:
    if rule.roles and Act.APPROVE not in rule.may:
        told = "roles count for approve, which it does not allow"
        yield warning("without_effect", told, (*at, "roles"), key=True)
    if rule.actions and WITH_ACTIONS.isdisjoint(rule.may):
        told = "actions count for submit and retry, which it does not allow"
        yield warning("without_effect", told, (*at, "actions"), key=True)
    for index, act in enumerate(rule.may):
        limits = ["plans"] if act in _ABOUT_NO_PLAN and rule.plans else []
        if act is Act.ADMIN:
            limits += [name for name in _LANE if getattr(rule, name)]
        if limits:
            told = f"{act} is not about {listed(limits)}, so this rule never allows it"
            yield warning("never_matches", told, (*at, "may", index), "make it a rule of its own")
