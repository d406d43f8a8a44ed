"""What plans say of a call: the shapes, and the JSON Schemas that plans are checked against."""

from typing import Any, TypeVar

import msgspec

from laneway.ports.driver import ActionContext, ActionFailed

T = TypeVar("T")
Scalar = str | int | float | bool | None

MOST_PROBES = 20


class Shape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of these shapes."""


class SecretHeader(Shape, frozen=True, kw_only=True):
    """A header whose value is a secret of the lane's target record.

    Attributes:
        secret: a name in the record's ``drivers.http.secrets``.
        prefix: stands before it, such as ``"Bearer "``.
    """

    secret: str
    prefix: str = ""


class Expect(Shape, frozen=True, kw_only=True):
    """What an answer must be.

    Attributes:
        status: one of these; None: any from 200 to 299.
        content_type: what the media type begins with.
        contains: texts that the body holds, each of them.
        headers: by name, what their values contain, upper case or lower; None: there is none.
        json: values by JSON pointer, of a body that is JSON.
    """

    status: int | tuple[int, ...] | None = None
    content_type: str | None = None
    contains: str | tuple[str, ...] = ()
    headers: dict[str, str | None] = {}
    json: dict[str, Scalar] = {}


class Call(Shape, frozen=True, kw_only=True):
    """A request as a plan spells it out; see `call_schema`."""

    method: str = "GET"
    path: str | None = None
    url: str | None = None
    query: dict[str, str] = {}
    headers: dict[str, str | SecretHeader] = {}
    json: Any = None
    timeout_seconds: int | None = None
    max_bytes: int | None = None
    redirects: int = 0
    expect: Expect = Expect()
    idempotency_header: str = "Idempotency-Key"

    @property
    def place(self) -> str:
        """The path or the URL.

        Raises:
            ActionFailed: there is not exactly one of the two.
        """
        if (self.path is None) == (self.url is None):
            raise parameters_invalid("say either `path` or `url`")
        return self.path if self.path is not None else str(self.url)


class ProbeCall(Call, frozen=True, kw_only=True):
    """A call with the name that its probe has in the evidence."""

    name: str


class Check(Shape, frozen=True, kw_only=True):
    """The parameters of ``http.check``."""

    probes: tuple[ProbeCall, ...]


def read(context: ActionContext, shape: type[T]) -> T:
    """The attempt's parameters.

    Raises:
        ActionFailed: an expression of the plan gave something else; code ``parameters_invalid``.
    """
    try:
        return msgspec.convert(context.parameters, shape)
    except msgspec.ValidationError as error:
        raise parameters_invalid(str(error)) from error


def parameters_invalid(why: str) -> ActionFailed:
    """The failure of an attempt whose parameters cannot be used; nothing was sent."""
    return ActionFailed("parameters_invalid", f"nothing was sent: {why}", retry_class="invalid")


_NAME = {"type": "string", "minLength": 1, "maxLength": 100}
_TEXT = {"type": "string", "minLength": 1, "maxLength": 4096}
_STATUS = {"type": "integer", "minimum": 100, "maximum": 599}
_HEADER_NAME = "^[A-Za-z0-9][A-Za-z0-9-]{0,63}$"

_HEADERS: dict[str, Any] = {
    "type": "object",
    "maxProperties": 20,
    "propertyNames": {
        "pattern": _HEADER_NAME,
        "not": {
            "pattern": "^([Hh]ost|[Cc]ontent-[Ll]ength|[Tt]ransfer-[Ee]ncoding|[Cc]onnection)$"
        },
    },
    "description": "Headers. A secret is a name in the target record's `drivers.http.secrets`.",
    "additionalProperties": {
        "anyOf": [
            {"type": "string", "maxLength": 4096},
            {
                "type": "object",
                "properties": {"secret": _NAME, "prefix": {"type": "string", "maxLength": 100}},
                "required": ["secret"],
                "additionalProperties": False,
            },
        ]
    },
}

_EXPECT: dict[str, Any] = {
    "type": "object",
    "description": "What the answer must be. Left out: any status from 200 to 299.",
    "properties": {
        "status": {
            "description": "A status, or a list of them.",
            "anyOf": [_STATUS, {"type": "array", "minItems": 1, "maxItems": 20, "items": _STATUS}],
        },
        "content_type": {**_NAME, "description": "What the media type begins with."},
        "contains": {
            "description": "A text that the body holds, or a list of them.",
            "anyOf": [_TEXT, {"type": "array", "minItems": 1, "maxItems": 20, "items": _TEXT}],
        },
        "headers": {
            "description": "By header, a text that its value holds, whatever the case; null: the"
            " answer has no such header. Of one that comes several times, any.",
            "type": "object",
            "minProperties": 1,
            "maxProperties": 20,
            "propertyNames": {"pattern": _HEADER_NAME},
            "additionalProperties": {"type": ["string", "null"], "maxLength": 1024},
        },
        "json": {
            "description": "Values by JSON pointer, such as `/status: pass`.",
            "type": "object",
            "minProperties": 1,
            "maxProperties": 20,
            "propertyNames": {"pattern": "^(/.*)?$"},
            "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
        },
    },
    "additionalProperties": False,
}

_CALL: dict[str, Any] = {
    "path": {
        "type": "string",
        "pattern": "^/",
        "maxLength": 2048,
        "description": "Below the lane's own address, the target record's `odoo.base_url`.",
    },
    "url": {
        "type": "string",
        "pattern": "^https?://",
        "maxLength": 2048,
        "description": "A whole URL, on the lane's own host or one that the server allows.",
    },
    "query": {
        "type": "object",
        "maxProperties": 50,
        "additionalProperties": {"type": "string", "maxLength": 2048},
        "description": "Parameters to add to the URL. Evidence never shows them.",
    },
    "headers": _HEADERS,
    "timeout_seconds": {"type": "integer", "minimum": 1, "maximum": 3600},
    "max_bytes": {
        "type": "integer",
        "minimum": 0,
        "description": "Of the answer's body, where less is to be read than the server allows.",
    },
    "expect": _EXPECT,
}
_ONE_PLACE = [{"required": ["path"]}, {"required": ["url"]}]


def call_schema(methods: tuple[str, ...], **more: Any) -> dict[str, Any]:
    """The schema of a call.

    Args:
        methods: that it may use.
        more: further properties.
    """
    return {
        "type": "object",
        "properties": {"method": {"enum": list(methods)}, **_CALL, **more},
        "oneOf": _ONE_PLACE,
        "additionalProperties": False,
    }


def probe_schema() -> dict[str, Any]:
    """The schema of one of the probes of ``http.check``."""
    schema = call_schema(("GET", "HEAD"), name=_NAME, redirects=REDIRECTS)
    return {**schema, "required": ["name"]}


REDIRECTS: dict[str, Any] = {
    "type": "integer",
    "minimum": 0,
    "maximum": 5,
    "default": 0,
    "description": "How many redirects may be followed, within the same scheme, host and port.",
}

JSON_BODY: dict[str, Any] = {"description": "The body, as JSON. Left out: none."}

IDEMPOTENCY_HEADER: dict[str, Any] = {
    "type": "string",
    "pattern": _HEADER_NAME,
    "default": "Idempotency-Key",
    "description": "The header that carries the attempt's token, so that a receiver can tell a"
    " repeated delivery from a new one.",
}
