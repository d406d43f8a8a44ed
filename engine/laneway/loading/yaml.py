"""YAML 1.2, its core schema and nothing else, read to JSON with the place of every value.

PyYAML follows YAML 1.1, where the key ``on`` is true and ``12:30`` is 750. So only its parser is
used: its events become values here, by the rules of YAML 1.2, with limits that keep a hostile file
small, and without what a file that people review should not have: duplicate keys, merge keys, tags.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import yaml

from laneway.core.cel import LARGEST_INTEGER
from laneway.core.schemas import Path

LARGEST_BYTES = 256 * 1024
MOST_NODES = 10_000
DEEPEST = 64
LONGEST_NUMBER = 64

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_NULL = re.compile(r"null|Null|NULL|~|")
_TRUE, _FALSE = re.compile(r"true|True|TRUE"), re.compile(r"false|False|FALSE")
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NO_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
# Also U+0085, U+2028 and U+2029: line breaks for the parser, and none in YAML 1.2.
_NO_YAML_CHARACTER = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_BREAK = re.compile(r"\r\n|\n|\r")


class Place(NamedTuple):
    """A place in a file; both count from 1."""

    line: int
    column: int


class YamlInvalid(Exception):
    """A file that is no YAML, or holds what is not taken from YAML here."""

    def __init__(self, code: str, message: str, place: Place, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.place = place
        self.hint = hint


def _place(text: str, index: int) -> Place:
    """The line and column of a character."""
    line, begin = 1, 0
    for line_break in _BREAK.finditer(text, 0, index):
        line, begin = line + 1, line_break.end()
    return Place(line, index - begin + 1)


@dataclass(frozen=True)
class YamlDocument:
    """A document's data, and where in the text it stands.

    Attributes:
        keys: for each path that ends with a key, the place of that key.
        values: for each path, where the value starts and ends in the text, in characters.
    """

    text: str
    data: Any
    keys: Mapping[Path, int]
    values: Mapping[Path, tuple[int, int]]

    def key(self, path: Path) -> Place:
        """The place of a path's last key; of the value where it has none; or of what holds it."""
        if path in self.keys:
            return _place(self.text, self.keys[path])
        return self.value(path)

    def value(self, path: Path) -> Place:
        """The place of a value, or of the nearest that holds it."""
        return _place(self.text, self._span(path)[0])

    def within(self, path: Path, text: str, offset: int) -> Place:
        """The place of ``offset`` characters into a part of a value that is text.

        Where the text is written otherwise than it reads (folded, or with escapes), the place is
        the value's.
        """
        start, end = self._span(path)
        found = self.text.find(text, start, end) if text else -1
        return _place(self.text, start if found < 0 else found + offset)

    def _span(self, path: Path) -> tuple[int, int]:
        while path and path not in self.values:
            path = path[:-1]
        return self.values[path]


@dataclass(frozen=True)
class _Node:
    """A value as it was parsed: here a scalar.

    ``size`` counts the values in it, ``height`` its levels, both with what aliases stand for.
    """

    value: Any
    start: int
    end: int
    size: int = 1
    height: int = 1


@dataclass(frozen=True)
class _Mapping(_Node):
    entries: "tuple[_Entry, ...]" = ()


@dataclass(frozen=True)
class _Sequence(_Node):
    elements: tuple[_Node, ...] = ()


class _Entry(NamedTuple):
    key: str
    place: int
    value: _Node


_AnyEvent: TypeAlias = Any


def read_yaml(text: str) -> YamlDocument:
    """Read one YAML document.

    Raises:
        YamlInvalid: it is no YAML, too large, or holds what JSON and this reader do not.
    """
    text = text.removeprefix("\ufeff")
    _check_text(text)
    try:
        root = _Parser(text).document()
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, text) from None
    except yaml.YAMLError as error:
        raise YamlInvalid("syntax", f"no YAML: {error}", Place(1, 1)) from None
    keys: dict[Path, int] = {}
    values: dict[Path, tuple[int, int]] = {}
    data = _build(root, (), keys, values)
    return YamlDocument(text, data, keys, values)


def _check_text(text: str) -> None:
    strange = _NO_YAML_CHARACTER.search(text)
    if strange is not None:
        message = f"no YAML: the character U+{ord(strange.group()):04X} may not stand in a file"
        raise YamlInvalid("syntax", message, _place(text, strange.start()))
    size = len(text.encode())
    if size > LARGEST_BYTES:
        message = f"{size} bytes: a file has at most {LARGEST_BYTES}"
        raise YamlInvalid("too_large", message, Place(1, 1))


def _syntax_error(error: yaml.MarkedYAMLError, text: str) -> YamlInvalid:
    mark = error.problem_mark or error.context_mark
    # The parser notices at the file's end what began earlier; show it where there is something.
    place = _place(text, min(mark.index, len(text.rstrip()))) if mark else Place(1, 1)
    context = f" ({error.context})" if error.context else ""
    message = f"no YAML: {error.problem}{context}"
    at_a_tab = mark is not None and text[mark.index : mark.index + 1] == "\t"
    hint = "indent with spaces, not with tabs" if at_a_tab else ""
    return YamlInvalid("syntax", message, place, hint)


def _build(
    node: _Node, path: Path, keys: dict[Path, int], values: dict[Path, tuple[int, int]]
) -> Any:
    """The node's data; what an alias stands for has the place of its anchor."""
    values[path] = (node.start, node.end)
    if isinstance(node, _Mapping):
        keys.update({(*path, entry.key): entry.place for entry in node.entries})
        return {e.key: _build(e.value, (*path, e.key), keys, values) for e in node.entries}
    if isinstance(node, _Sequence):
        return [_build(n, (*path, i), keys, values) for i, n in enumerate(node.elements)]
    return node.value


@dataclass
class _Parser:
    """Turns the parser's events into nodes."""

    text: str
    anchors: dict[str, _Node] = field(default_factory=dict)
    events: Iterator[_AnyEvent] = field(init=False)
    size: int = 0

    def __post_init__(self) -> None:
        self.events = iter(yaml.parse(self.text, Loader=_Loader))

    def document(self) -> _Node:
        """The one document of the stream."""
        next(self.events)
        begin = next(self.events)
        if isinstance(begin, yaml.StreamEndEvent):
            raise YamlInvalid("empty", "the file is empty", Place(1, 1))
        root = self.node(next(self.events), 1)
        next(self.events)
        after = next(self.events)
        if not isinstance(after, yaml.StreamEndEvent):
            message = "a second document begins here, and a file holds one"
            raise self._invalid("second_document", message, after, "make it a file of its own")
        return root

    def node(self, event: _AnyEvent, depth: int) -> _Node:
        """The node that begins with an event."""
        if isinstance(event, yaml.AliasEvent):
            known = self._anchored(event)
            self._check_depth(event, depth + known.height - 1)
            return self._counted(known, event)
        self._check_depth(event, depth)
        self._check_tag(event)
        if isinstance(event, yaml.MappingStartEvent):
            made: _Node = self._mapping(event, depth)
        elif isinstance(event, yaml.SequenceStartEvent):
            made = self._sequence(event, depth)
        else:
            made = self._counted(_Node(self._scalar(event), *_span(event, event)), event)
        if event.anchor is not None:
            self.anchors[event.anchor] = made
        return made

    def _check_depth(self, event: _AnyEvent, depth: int) -> None:
        if depth > DEEPEST:
            message = f"nested deeper than {DEEPEST} levels"
            raise self._invalid("too_deep", message, event)

    def _check_tag(self, event: _AnyEvent) -> None:
        if event.tag is not None:
            message = f"tags ({event.tag}) have no meaning here"
            raise self._invalid("tag", message, event, "write the value itself, in quotes for text")

    def _counted(self, node: _Node, event: _AnyEvent) -> _Node:
        """Count what is added to the document; an alias adds all that it stands for."""
        self.size += node.size
        if self.size > MOST_NODES:
            message = f"more than {MOST_NODES} values, counting what aliases stand for"
            raise self._invalid("too_many_values", message, event)
        return node

    def _anchored(self, event: _AnyEvent) -> _Node:
        if event.anchor not in self.anchors:
            message = f"*{event.anchor} stands for nothing that was defined before"
            raise self._invalid("unknown_alias", message, event)
        return self.anchors[event.anchor]

    def _sequence(self, start: _AnyEvent, depth: int) -> _Sequence:
        before = self.size
        self._counted(_Node(None, 0, 0), start)
        elements = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            elements.append(self.node(event, depth + 1))
        return _Sequence(
            None,
            *_span(start, event),
            size=self.size - before,
            height=1 + max((each.height for each in elements), default=0),
            elements=tuple(elements),
        )

    def _mapping(self, start: _AnyEvent, depth: int) -> _Mapping:
        before = self.size
        self._counted(_Node(None, 0, 0), start)
        entries: dict[str, _Entry] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self._key(event, depth, entries)
            value = self.node(next(self.events), depth + 1)
            entries[key] = _Entry(key, event.start_mark.index, value)
        return _Mapping(
            None,
            *_span(start, event),
            size=self.size - before,
            height=1 + max((each.value.height for each in entries.values()), default=0),
            entries=tuple(entries.values()),
        )

    def _key(self, event: _AnyEvent, depth: int, entries: Mapping[str, _Entry]) -> str:
        if _is_plain(event) and event.value == "<<":
            message = "merge keys (<<) are not part of YAML 1.2"
            raise self._invalid("merge_key", message, event, "write the values out")
        if not isinstance(event, yaml.ScalarEvent | yaml.AliasEvent):
            raise self._invalid("key_not_text", "a mapping's keys are text", event)
        key = self.node(event, depth).value
        if not isinstance(key, str):
            message = f"a mapping's keys are text, and this one is {_name(key)}"
            raise self._invalid("key_not_text", message, event, "put it in quotes")
        if key in entries:
            first = _place(self.text, entries[key].place)
            message = f"{key!r} is already there, at {first.line}:{first.column}"
            raise self._invalid("duplicate_key", message, event, "keep one of the two")
        return key

    def _scalar(self, event: _AnyEvent) -> Any:
        text: str = event.value
        if not _is_plain(event):
            if any("\ud800" <= character <= "\udfff" for character in text):
                raise self._invalid("syntax", "half a character (a lone surrogate)", event)
            return text
        if _NO_NUMBER.fullmatch(text):
            raise self._invalid("not_json", f"{text} is a number that JSON cannot carry", event)
        if _INTEGER.fullmatch(text) or _FLOAT.fullmatch(text):
            return self._number(text, event)
        for pattern, value in ((_NULL, None), (_TRUE, True), (_FALSE, False)):
            if pattern.fullmatch(text):
                return value
        return text

    def _number(self, text: str, event: _AnyEvent) -> int | float:
        number = _number(text)
        if not math.isfinite(number) or (isinstance(number, int) and abs(number) > LARGEST_INTEGER):
            message = f"{text[:32]} is a number that JSON cannot carry exactly"
            raise self._invalid("not_json", message, event, "put it in quotes for text")
        return number

    def _invalid(self, code: str, message: str, event: _AnyEvent, hint: str = "") -> YamlInvalid:
        mark = event.start_mark
        return YamlInvalid(code, message, Place(mark.line + 1, mark.column + 1), hint)


def _span(first: _AnyEvent, last: _AnyEvent) -> tuple[int, int]:
    """From where to where in the text, in characters."""
    return first.start_mark.index, last.end_mark.index


def _is_plain(event: _AnyEvent) -> bool:
    return isinstance(event, yaml.ScalarEvent) and event.style in (None, "")


def _number(text: str) -> int | float:
    """The number that the text is; ``1.0`` is 1, as for JSON."""
    if _INTEGER.fullmatch(text):
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        return int(text, base) if len(text) <= LONGEST_NUMBER else math.inf
    number = float(text)
    return int(number) if number.is_integer() and abs(number) <= LARGEST_INTEGER else number


def _name(value: Any) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else f"the number {value}"
