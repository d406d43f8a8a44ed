"""Redaction by value: what a driver learned as a secret never leaves in what it says."""

from typing import Any, TypeVar

import msgspec

HIDDEN = "[redacted]"
T = TypeVar("T")


class Redactor:
    """Knows the secrets that one attempt has read."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()

    def hide(self, secret: str) -> None:
        """Redact this value from now on."""
        if secret:
            self._secrets.add(secret)

    def clean(self, value: T) -> T:
        """The value with every secret in any of its texts replaced; structures keep their type."""
        if not self._secrets:
            return value
        if isinstance(value, msgspec.Struct):
            return msgspec.convert(self._walk(msgspec.to_builtins(value)), type(value))
        cleaned: T = self._walk(value)
        return cleaned

    def _walk(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, bytes):
            return self._text(value.decode("utf-8", "surrogateescape")).encode(
                "utf-8", "surrogateescape"
            )
        if isinstance(value, dict):
            return {self._text(key): self._walk(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._walk(item) for item in value]
        return value

    def _text(self, text: str) -> str:
        # The longest first: a secret that holds another one is hidden whole.
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        return text
