"""What every kind of file has in common: read it, and put findings at their place in it."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from laneway.core.findings import Finding, Step

from .problems import FileInvalid, PlacedStep, PlanError
from .schema import schema_findings
from .yaml import Place, YamlDocument, YamlInvalid, read_yaml


def read_document(text: str, file: str, invalid: type[FileInvalid] = FileInvalid) -> YamlDocument:
    """Read YAML.

    Args:
        file: its name in errors.
        invalid: what to raise.

    Raises:
        FileInvalid: it is no YAML.
    """
    try:
        return read_yaml(text)
    except YamlInvalid as error:
        place = PlanError(file, *error.place, error.code, error.message, error.hint)
        raise invalid([place]) from None


def read_as_schema_says(
    text: str, file: str, schema: str, invalid: type[FileInvalid] = FileInvalid
) -> YamlDocument:
    """Read YAML that is as the shipped JSON Schema of that name says.

    Raises:
        FileInvalid: it is not; with everything that is wrong, each at its place.
    """
    document = read_document(text, file, invalid)
    errors = placed_all(schema_findings(schema, document.data), document, file)
    if errors:
        raise invalid(errors)
    return document


def read_file(path: Path) -> str:
    """The text of a file.

    Raises:
        FileInvalid: it cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise _unreadable(path, "unreadable", f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise _unreadable(path, "not_utf8", "is not UTF-8") from error


def _unreadable(path: Path, code: str, why: str) -> FileInvalid:
    return FileInvalid([PlanError(str(path), 1, 1, code, f"the file {why}")])


def placed_all(findings: Iterable[Finding], document: YamlDocument, file: str) -> list[PlanError]:
    """Findings at their places."""
    return [placed(finding, document, file) for finding in findings]


def placed(finding: Finding, document: YamlDocument, file: str) -> PlanError:
    """A finding at its place in the file."""
    return PlanError(
        file,
        *_place(finding, document),
        code=finding.code,
        message=finding.message,
        hint=finding.hint,
        severity=finding.severity,
        witness=tuple(_steps(finding, document)),
    )


def _steps(finding: Finding, document: YamlDocument) -> Iterator[PlacedStep]:
    """The phases of a plan that its witness leads through."""
    if not finding.witness:
        return
    for step in (*finding.witness.steps, Step(finding.witness.last, "")):
        pointer = ("phases", step.phase)
        place = document.key(pointer) if pointer in document.keys else Place(0, 0)
        yield PlacedStep(step.phase, step.outcome, *place)


def _place(finding: Finding, document: YamlDocument) -> Place:
    if finding.within:
        return document.within(finding.pointer, finding.within, finding.offset)
    if finding.about_key:
        return document.key(finding.pointer)
    return document.value(finding.pointer)
