"""The access file from YAML: everything that is wrong at its place, or a document."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from laneway.core.findings import Finding
from laneway.core.instants import parse_instant
from laneway.core.names import nearest
from laneway.loading.documents import placed_all, read_as_schema_says, read_file
from laneway.loading.problems import FileInvalid, PlanError, in_order
from laneway.loading.yaml import YamlDocument

from . import globs
from .document import TOKEN_ISSUER, AccessDocument, IssuerEntry, PersonClaim, is_github

GLOBS = ("workflow_refs", "job_workflow_refs", "refs", "subjects")
"""What of ``who`` holds globs."""

_Data = Mapping[str, Any]
_GITHUB_PERSON = PersonClaim(claim="actor_id", prefix="github:")


class AccessInvalid(FileInvalid):
    """An access file that cannot be used."""


@dataclass(frozen=True)
class LoadedAccess:
    """An access file that can be used.

    Attributes:
        yaml: its text with places.
        file: its name, as it is shown to people.
    """

    document: AccessDocument
    yaml: YamlDocument
    file: str

    def placed(self, findings: Sequence[Finding]) -> list[PlanError]:
        """What was found out about the document, at its places and in their order."""
        return in_order(placed_all(findings, self.yaml, self.file))


def read_access(path: Path) -> LoadedAccess:
    """Read an access file.

    Raises:
        FileInvalid: it cannot be read or used; with everything that is wrong.
    """
    return load_access(read_file(path), str(path))


def load_access(text: str, file: str) -> LoadedAccess:
    """Read an access file's text.

    Args:
        file: its name in errors.

    Raises:
        AccessInvalid: with everything that is wrong, each at its place.
    """
    yaml = read_as_schema_says(text, file, "access", AccessInvalid)
    errors = placed_all(_mistakes(yaml), yaml, file)
    if errors:
        raise AccessInvalid(errors)
    return LoadedAccess(_document(yaml.data), yaml, file)


# --- what the schema cannot say ------------------------------------------------------------------


def _mistakes(yaml: YamlDocument) -> Iterator[Finding]:
    data = yaml.data
    yield from _issuer_mistakes(data.get("issuers", {}))
    for kind, key in (("tokens", "name"), ("tokens", "digest"), ("rules", "name")):
        yield from _repeated(yaml, kind, key)
    for index, token in enumerate(data.get("tokens", [])):
        yield from _token_mistakes(token, index)
    for index, rule in enumerate(data["rules"]):
        yield from _who_mistakes(rule["who"], ("rules", index, "who"))
        yield from _unknown_issuers(rule["who"], ("rules", index, "who"), data.get("issuers", {}))


def _issuer_mistakes(issuers: _Data) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for name, entry in issuers.items():
        if name == TOKEN_ISSUER:
            told = f"{TOKEN_ISSUER!r} stands for the static tokens"
            hint = "take another name"
            yield Finding("reserved_name", told, ("issuers", name), hint, about_key=True)
        earlier = first.setdefault(entry["issuer"], name)
        if earlier != name:
            told = f"the issuer {earlier!r} is the same"
            pointer = ("issuers", name, "issuer")
            yield Finding("duplicate_issuer", told, pointer, "keep one of the two")


def _repeated(yaml: YamlDocument, kind: str, key: str) -> Iterator[Finding]:
    """Entries that have what another one has; which digest that is, is not said."""
    first: dict[str, int] = {}
    for index, entry in enumerate(yaml.data.get(kind, [])):
        earlier = first.setdefault(entry[key], index)
        if earlier != index:
            line = yaml.value((kind, earlier, key)).line
            told = f"the {kind.removesuffix('s')} on line {line} has the same {key}"
            pointer = (kind, index, key)
            yield Finding(f"duplicate_{key}", told, pointer, "keep one of the two, or rename one")


def _token_mistakes(token: _Data, index: int) -> Iterator[Finding]:
    if "expires" not in token:
        return
    try:
        parse_instant(token["expires"])
    except ValueError:
        told = f"{token['expires']!r} is no time with an offset"
        hint = "for example 2027-01-01T00:00:00Z"
        yield Finding("bad_date", told, ("tokens", index, "expires"), hint)


def _who_mistakes(who: _Data, at: tuple[str | int, ...]) -> Iterator[Finding]:
    conditions = [name for name, value in who.items() if value not in ([], None)]
    if not conditions:
        told = "`who` says nothing (an empty list means any)"
        yield Finding("empty_who", told, at, "for every identified caller: who: {anyone: true}")
    elif "anyone" in conditions and len(conditions) > 1:
        told = "`anyone` is everybody, and the rest of `who` is not"
        yield Finding("anyone_and_more", told, (*at, "anyone"), "leave one out", about_key=True)
    for name in GLOBS:
        for index, glob in enumerate(who.get(name, [])):
            wrong = globs.mistake(glob)
            if wrong is not None:
                yield Finding("bad_glob", wrong[0], (*at, name, index), wrong[1])


def _unknown_issuers(who: _Data, at: tuple[str | int, ...], known: _Data) -> Iterator[Finding]:
    names = [*known, TOKEN_ISSUER]
    for index, name in enumerate(who.get("issuers", [])):
        if name not in names:
            told = f"there is no issuer {name!r} in this file"
            yield Finding("unknown_issuer", told, (*at, "issuers", index), nearest(name, names))


# --- the document --------------------------------------------------------------------------------


def _document(data: _Data) -> AccessDocument:
    issuers = [_issuer(name, entry) for name, entry in data.get("issuers", {}).items()]
    said = {
        "tokens": [_changed(token, "expires", parse_instant) for token in data.get("tokens", [])],
        "rules": [_changed(rule, "who", _who) for rule in data["rules"]],
    }
    read = msgspec.convert(said, AccessDocument)
    return msgspec.structs.replace(read, issuers=tuple(issuers))


def _issuer(name: str, entry: _Data) -> IssuerEntry:
    """An issuer with what goes without saying."""
    read = msgspec.convert({"name": name, **entry}, IssuerEntry)
    person = read.person
    if person is not None and "prefix" not in entry["person"]:
        person = PersonClaim(claim=person.claim, prefix=f"{name}:")
    if is_github(read.issuer):
        keys = read.jwks_url or f"{read.issuer}/.well-known/jwks"
        return msgspec.structs.replace(read, jwks_url=keys, person=person or _GITHUB_PERSON)
    return msgspec.structs.replace(read, person=person)


def _who(who: _Data) -> _Data:
    """Ids of repositories are compared as text, however they were written."""
    return _changed(who, "repository_ids", lambda ids: [str(each) for each in ids])


def _changed(data: _Data, name: str, change: Callable[[Any], Any]) -> _Data:
    return {**data, name: change(data[name])} if name in data else data
