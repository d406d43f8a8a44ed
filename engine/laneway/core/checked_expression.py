"""What a compiled CEL expression refers to, read from its serialized form.

cel-expr-python gives the checked expression only as protobuf bytes (``cel.expr.CheckedExpr`` in an
``Any``), and the protobuf package is not installed for the sake of a dozen fields: the wire format
needs forty lines. The field numbers are those of ``cel/expr/checked.proto`` and ``syntax.proto``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

Fields: TypeAlias = dict[int, list["int | bytes"]]

_ANY_VALUE = 2
_REFERENCES, _EXPRESSION, _SOURCE_INFO = 2, 4, 5
_POSITIONS = 4
_KEY, _VALUE = 1, 2
_ID, _CONSTANT, _IDENTIFIER, _SELECT, _CALL = 2, 3, 4, 5, 6
_LIST, _STRUCT, _COMPREHENSION = 7, 8, 9
_TEXT_CONSTANT = 6

Step: TypeAlias = str | None
"""One step into a value: a field's name, or None for an element of a list."""


@dataclass(frozen=True)
class Selection:
    """``root`` with steps into it, such as ``request.lanes[0].name``.

    Attributes:
        offset: where the last step stands in the source, in characters.
    """

    root: str
    steps: tuple[Step, ...]
    offset: int


@dataclass(frozen=True)
class CheckedExpression:
    """What an expression refers to.

    Attributes:
        names: every resolved name, such as ``phases.approval.outcome``.
        selections: every step into such a name, the shorter ones too.
    """

    names: frozenset[str]
    selections: tuple[Selection, ...]


def read_checked(serialized: bytes) -> CheckedExpression:
    """Read what ``Expression.serialize()`` gives."""
    checked = _fields(_message(_fields(serialized), _ANY_VALUE))
    names = frozenset(_names(checked))
    walk = _Walk(_positions(_fields(_message(checked, _SOURCE_INFO))))
    walk.visit(_fields(_message(checked, _EXPRESSION)))
    return CheckedExpression(names, tuple(walk.selections))


def _names(checked: Fields) -> Iterator[str]:
    for entry in _messages(checked, _REFERENCES):
        name = _message(_fields(_message(_fields(entry), _VALUE)), 1)
        if name:
            yield name.decode()


def _positions(source_info: Fields) -> dict[int, int]:
    entries = (_fields(entry) for entry in _messages(source_info, _POSITIONS))
    return {_number(entry, _KEY): _number(entry, _VALUE) for entry in entries}


class _Walk:
    """A walk over an expression that notes each selection."""

    def __init__(self, positions: dict[int, int]) -> None:
        self._positions = positions
        self.selections: list[Selection] = []

    def visit(self, expression: Fields) -> Selection | None:
        """Walk, and return the selection that the expression is, if it is one."""
        if _IDENTIFIER in expression:
            name = _message(_fields(_message(expression, _IDENTIFIER)), 1).decode()
            return Selection(name, (), 0)
        for kind, visitor in (
            (_SELECT, self._select),
            (_CALL, self._call),
            (_LIST, self._list),
            (_STRUCT, self._struct),
            (_COMPREHENSION, self._comprehension),
        ):
            if kind in expression:
                found = visitor(_fields(_message(expression, kind)))
                return self._note(found, expression)
        return None

    def _note(self, found: Selection | None, expression: Fields) -> Selection | None:
        if found is None:
            return None
        after_the_dot = self._positions.get(_number(expression, _ID), 0) + 1
        noted = Selection(found.root, found.steps, after_the_dot)
        self.selections.append(noted)
        return noted

    def _select(self, select: Fields) -> Selection | None:
        return _into(self.visit(_fields(_message(select, 1))), _message(select, 2).decode())

    def _call(self, call: Fields) -> Selection | None:
        arguments = [_fields(argument) for argument in _messages(call, 3)]
        found = [self.visit(_fields(target)) for target in _messages(call, 1)]
        found += [self.visit(argument) for argument in arguments]
        if _message(call, 2) != b"_[_]":
            return None
        constant = _fields(_message(arguments[1], _CONSTANT))
        texts = _messages(constant, _TEXT_CONSTANT)
        return _into(found[0], texts[0].decode() if texts else None)

    def _struct(self, struct: Fields) -> None:
        for entry in _messages(struct, 2):
            for part in (3, 4):
                self.visit(_fields(_message(_fields(entry), part)))

    def _list(self, elements: Fields) -> None:
        self._visit_all(elements, (1,))

    def _comprehension(self, loop: Fields) -> None:
        self._visit_all(loop, (2, 4, 5, 6, 7))

    def _visit_all(self, parent: Fields, numbers: tuple[int, ...]) -> None:
        for number in numbers:
            for child in _messages(parent, number):
                self.visit(_fields(child))


def _into(base: Selection | None, step: Step) -> Selection | None:
    return base and Selection(base.root, (*base.steps, step), 0)


def _messages(fields: Fields, number: int) -> list[bytes]:
    return [value for value in fields.get(number, ()) if isinstance(value, bytes)]


def _message(fields: Fields, number: int) -> bytes:
    return next(iter(_messages(fields, number)), b"")


def _number(fields: Fields, number: int) -> int:
    return next((value for value in fields.get(number, ()) if isinstance(value, int)), 0)


def _fields(data: bytes) -> Fields:
    """The fields of a protobuf message: integers, and bytes for everything with a length."""
    found: Fields = {}
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        size = {1: 8, 5: 4}.get(key & 7, 0)
        if key & 7 == 0:
            number, place = _varint(data, place)
            found.setdefault(key >> 3, []).append(number)
            continue
        if key & 7 == 2:
            size, place = _varint(data, place)
        found.setdefault(key >> 3, []).append(data[place : place + size])
        place += size
    return found


def _varint(data: bytes, place: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = data[place]
        number |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return number, place
