"""What every answer has in common."""

from typing import Annotated

import msgspec
from msgspec import Meta

Count = Annotated[int, Meta(ge=0)]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The base of every answer's body."""
