"""CEL: the one module that knows cel-expr-python.

An `Environment` knows every name that the expressions of a plan may use; it compiles an expression
once, to a `Program`. Times are RFC 3339 text on the way in and out, and what an expression gives is
always plain JSON.
"""

import base64
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from cel_expr_python import cel  # type: ignore[import-untyped]

from .checked_expression import CheckedExpression, Selection, read_checked
from .instants import format_duration, instant
from .names import nearest, nearest_dotted

LONGEST = 4096
"""Characters that an expression may have."""

LARGEST_INTEGER = 2**53 - 1
"""Beyond this, integers are not the same in every JSON reader, and have no canonical form."""

Schema = Mapping[str, Any]


class Problem(NamedTuple):
    """One thing that is wrong with an expression, and where in it (characters from its start)."""

    message: str
    offset: int = 0
    hint: str = ""
    code: str = "expression_invalid"


class ExpressionInvalid(Exception):
    """An expression that does not compile. ``problems`` has everything that is wrong with it."""

    def __init__(self, source: str, *problems: Problem) -> None:
        first = problems[0]
        super().__init__(f"{first.message}, in: {source}")
        self.source = source
        self.problems = problems
        self.message = first.message
        before = source[: first.offset]
        self.line = before.count("\n") + 1
        self.column = len(before) - (before.rfind("\n") + 1) + 1


class ExpressionFailed(Exception):
    """An expression that compiled, and gives no usable value for the values at hand."""

    def __init__(self, source: str, message: str) -> None:
        super().__init__(f"{message}, in: {source}")
        self.source = source
        self.message = message


@dataclass(frozen=True)
class Name:
    """A name that expressions may use: its CEL type, and its value where none is given."""

    type: Any
    default: Any


TEXT = Name(cel.Type.STRING, "")
FLAG = Name(cel.Type.BOOL, False)
ANYTHING = Name(cel.Type.DYN, {})
MOMENT = Name(cel.Type.TIMESTAMP, None)


@dataclass(frozen=True)
class Program:
    """A compiled expression.

    Attributes:
        result: the type that it gives, as CEL writes it: ``BOOL``, ``STRING``, ``DYN`` …
        names: the environment's names that it refers to.
    """

    source: str
    result: str
    names: frozenset[str]
    defaults: Mapping[str, Any]
    expression: Any

    def evaluate(self, values: Mapping[str, Any]) -> Any:
        """The value, as plain JSON.

        Args:
            values: the values of names; other names than the program's are not looked at.

        Raises:
            ExpressionFailed: there is no value, or none that JSON can hold.
        """
        data = {name: values.get(name, default) for name, default in self.defaults.items()}
        if any(map(_has_nul, data.values())):
            raise ExpressionFailed(self.source, "a text holds U+0000, which CEL cannot carry")
        try:
            value = self.expression.eval(data=data)
            kind, plain = value.type().name(), value.plain_value()
        except (RuntimeError, TypeError, ValueError, OverflowError) as error:
            raise ExpressionFailed(self.source, _reworded(str(error))) from None
        if kind in {"ERROR", "UNKNOWN"}:
            raise ExpressionFailed(self.source, _reworded(plain))
        return self._json(plain)

    def _json(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | str):
            return value
        if isinstance(value, int | float):
            return self._number(value)
        if isinstance(value, list):
            return [self._json(element) for element in value]
        if isinstance(value, dict):
            return {self._key(key): self._json(value[key]) for key in sorted(value, key=str)}
        return self._text(value)

    def _number(self, value: float) -> int | float:
        beyond = isinstance(value, int) and abs(value) > LARGEST_INTEGER
        if beyond or not math.isfinite(value):
            raise ExpressionFailed(self.source, f"{value} is a number that JSON cannot carry")
        return value

    def _key(self, key: Any) -> str:
        if not isinstance(key, str):
            raise ExpressionFailed(self.source, f"the key {key!r} is not text, as JSON needs it")
        return key

    def _text(self, value: Any) -> str:
        """The text of what JSON has no type for."""
        if isinstance(value, datetime):
            return instant(value)
        if isinstance(value, timedelta):
            return format_duration(round(value / timedelta(milliseconds=1)))
        if isinstance(value, bytes | bytearray):
            return base64.b64encode(value).decode()
        raise ExpressionFailed(self.source, f"{value!r} is nothing that JSON can carry")


def _has_nul(value: Any) -> bool:
    """Whether a text in a value holds U+0000: the library would silently cut it there."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any("\0" in key or _has_nul(inner) for key, inner in value.items())
    return isinstance(value, list) and any(map(_has_nul, value))


class Environment:
    """The names that the expressions of a plan may use.

    Args:
        names: by their dotted name, such as ``phases.approval.outcome``.
        schemas: JSON Schemas of some of them: where a schema closes an object
            (``additionalProperties: false``), a field that it does not have is refused.
    """

    def __init__(self, names: Mapping[str, Name], schemas: Mapping[str, Schema]) -> None:
        self._names = names
        self._schemas = schemas
        self._env = cel.NewEnv(variables={name: known.type for name, known in names.items()})

    def compile(self, source: str) -> Program:
        """Compile an expression.

        Raises:
            ExpressionInvalid: it is too long, no CEL, of contradictory types, or names something
                that is not there.
        """
        if len(source) > LONGEST:
            raise ExpressionInvalid(source, Problem(f"longer than {LONGEST} characters"))
        if "\0" in source:
            raise ExpressionInvalid(source, Problem("no CEL: U+0000", source.index("\0")))
        try:
            expression = self._env.compile(source)
            result = expression.return_type().name()
        except (RuntimeError, TypeError) as error:
            problems = _problems(source, str(error), self._names)
            raise ExpressionInvalid(source, *problems) from None
        checked = read_checked(expression.serialize())
        self._check_fields(source, checked)
        names = checked.names & self._names.keys()
        defaults = {name: self._names[name].default for name in sorted(names)}
        return Program(source, result, names, defaults, expression)

    def _check_fields(self, source: str, checked: CheckedExpression) -> None:
        found = [
            problem
            for selection in checked.selections
            if (problem := _unknown_field(self._schemas.get(selection.root), selection, source))
        ]
        if found:
            raise ExpressionInvalid(source, *found)


def _unknown_field(schema: Schema | None, selection: Selection, source: str) -> Problem | None:
    *before, field = selection.steps
    parent = _schema_at(schema, before)
    if field is None or parent is None or parent.get("additionalProperties") is not False:
        return None
    known = parent.get("properties")
    if not isinstance(known, dict) or field in known or "patternProperties" in parent:
        return None
    where = ".".join([selection.root, *(step or "[]" for step in before)])
    message = f"{where} has no {field!r}"
    found = source.find(field, selection.offset)  # within `has()` and `[]` it stands further on
    offset = selection.offset if found < 0 else found
    return Problem(message, offset, nearest(field, known), "unknown_field")


def _schema_at(schema: Any, steps: Iterable[str | None]) -> Schema | None:
    for step in steps:
        if not isinstance(schema, dict):
            return None
        inner = schema.get("items") if step is None else schema.get("properties")
        schema = inner if step is None or not isinstance(inner, dict) else inner.get(step)
    return schema if isinstance(schema, dict) else None


_ERROR = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)")
_STATUS = re.compile(r"^[A-Z_]+: | \[[A-Z_]+\]$")
_OVERLOAD = re.compile(r"found no matching overload for '(.*?)' applied to '\((.*)\)'")
_UNDECLARED = re.compile(r"undeclared reference to '(.*?)'(?: \(in container '.*'\))?")


def _problems(source: str, text: str, names: Iterable[str]) -> list[Problem]:
    """The problems that the library's report tells of; of several syntax errors, the first."""
    found = [
        _problem(source, int(line), int(column), message, names)
        for line, column, message in _ERROR.findall(text)
    ]
    if not found:
        return [Problem(_reworded(text.splitlines()[0]))]
    syntax = [problem for problem in found if problem.message.startswith("no CEL")]
    return syntax[:1] or found


def _problem(source: str, line: int, column: int, text: str, names: Iterable[str]) -> Problem:
    offset = _offset(source, line, column)
    message = _reworded(text)
    undeclared = _UNDECLARED.fullmatch(message)
    if undeclared is None:
        hint = "compare with ==" if "error at: '= '" in message else ""
        return Problem(message, offset, hint)
    name = undeclared[1]
    start = offset - max(name.rfind("."), 0)
    if source.startswith(name, max(start, 0)):
        offset = start
    return Problem(f"unknown name {name!r}", offset, nearest_dotted(name, names), "unknown_name")


def _offset(source: str, line: int, column: int) -> int:
    if line < 1:
        return 0
    lines = source.split("\n")
    return sum(len(before) + 1 for before in lines[: line - 1]) + column - 1


def _reworded(text: str) -> str:
    """The library's message without its status words and its lists of every possible token."""
    text = _STATUS.sub("", _STATUS.sub("", text)).split(" expecting {")[0]
    text = text.replace("Syntax error: ", "no CEL: ").replace(
        "mismatched input '<EOF>'", "it ends in the middle"
    )
    return _OVERLOAD.sub(_without_overload, text)


def _without_overload(found: re.Match[str]) -> str:
    return f"{found[1].strip('_')!r} is not defined for {found[2]}"
