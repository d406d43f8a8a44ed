"""The page's files: what is in ``ui/``, as it is served.

A name is a folder or two and a file of four kinds; nothing else is looked for, so no name leads
out of the folder. A file is read when it is first asked for and again when it has changed: who
works on the page sees what they do. The style sheets are also there as one, `STYLES`: a browser
paints nothing before it has them all.
"""

import gzip
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from aiohttp import hdrs, web

from .reading import entity_tags

FOLDER = Path(__file__).parent / "ui"
STYLES = "page.css"
"""The name of all style sheets together: first those that the others build on, as they stand here;
then the views' own, which say nothing of each other."""

_BASIC = ("tokens.css", "base.css", "layout.css", "components.css", "forms.css", "data.css")

_NAME = re.compile(r"(?:[a-z][a-z0-9-]*/){0,3}[a-z][a-z0-9-]*\.(js|css|svg|html)")
_TYPES = {
    "js": "text/javascript",
    "css": "text/css",
    "svg": "image/svg+xml",
    "html": "text/html",
}
_WORTH_PACKING = 1_000
"""Bytes from which on a file is sent packed to whoever takes that."""


@dataclass(frozen=True)
class Asset:
    """A file of the page.

    Attributes:
        stamp: of the files that it is made of, when they were read: it changes when one does.
    """

    media: str
    body: bytes
    stamp: tuple[tuple[int, int], ...]

    @cached_property
    def tag(self) -> str:
        """Its entity tag, in quotes."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'

    @cached_property
    def packed(self) -> bytes:
        """Its bytes, as gzip."""
        return gzip.compress(self.body, mtime=0)


class Assets:
    """The files of a folder."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._read: dict[str, Asset] = {}

    def find(self, name: str) -> Asset | None:
        """The file of that name (such as ``lib/dom.js``), or None where it is none of the page."""
        named = _NAME.fullmatch(name)
        if named is None:
            return None
        try:
            files = self._sheets() if name == STYLES else [self._folder / name]
            return self._current(name, _TYPES[named[1]], files)
        except OSError:
            return None

    def _sheets(self) -> list[Path]:
        folder = self._folder / "css"
        views = sorted(each for each in folder.glob("*.css") if each.name not in _BASIC)
        return [*(folder / name for name in _BASIC), *views]

    def _current(self, name: str, media: str, files: Sequence[Path]) -> Asset:
        stamp = tuple((about.st_mtime_ns, about.st_size) for about in map(Path.stat, files))
        known = self._read.get(name)
        if known is None or known.stamp != stamp:
            body = b"\n".join(file.read_bytes() for file in files)
            known = self._read[name] = Asset(media, body, stamp)
        return known


def sent(request: web.Request, asset: Asset, headers: dict[str, str]) -> web.Response:
    """A file as an answer: nothing where the caller has it already, packed where they take that."""
    packs = len(asset.body) >= _WORTH_PACKING and _takes_gzip(request)
    tag = f'{asset.tag[:-1]}-gzip"' if packs else asset.tag
    headers = {hdrs.ETAG: tag, hdrs.CACHE_CONTROL: "no-cache", **headers}
    headers[hdrs.VARY] = ", ".join(filter(None, (headers.get(hdrs.VARY), hdrs.ACCEPT_ENCODING)))
    if {tag, "*"} & set(entity_tags(request)):
        return web.Response(status=304, headers=headers)
    if packs:
        headers[hdrs.CONTENT_ENCODING] = "gzip"
    body = asset.packed if packs else asset.body
    return web.Response(body=body, content_type=asset.media, charset="utf-8", headers=headers)


def _takes_gzip(request: web.Request) -> bool:
    accepted = ",".join(request.headers.getall(hdrs.ACCEPT_ENCODING, []))
    names = (part.partition(";") for part in accepted.lower().split(","))
    return any(
        name.strip() == "gzip" and quality.replace(" ", "") not in ("q=0", "q=0.0")
        for name, _, quality in names
    )
