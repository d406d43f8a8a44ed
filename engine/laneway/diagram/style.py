"""The style of SVG pictures, light and dark. It is one text, always the same.

So an answer's Content-Security-Policy can allow this style by its hash, and nothing else.
"""

from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256

_SANS = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif'
_MONO = 'ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace'

# Each hue: strong and tinted, in the light and in the dark.
_HUES = {
    "read": ("#2b6cb0", "#e8f1fb", "#7db8f5", "#1b2b3f"),
    "safe_write": ("#0f7d6c", "#e0f4f0", "#4fd1b8", "#12312d"),
    "mutation": ("#a85b00", "#fdf0dc", "#f2b155", "#3a2a12"),
    "destructive": ("#c4262e", "#fde8e8", "#ff7b80", "#43191d"),
    "approval": ("#6d3fc4", "#f0eafc", "#bb9af7", "#2b2145"),
    "wait": ("#4f6070", "#ebeff3", "#a3b3c2", "#232d37"),
    "pass": ("#1a7f3c", "#e3f5e8", "#5fd083", "#15321f"),
    "fail": ("#c4262e", "#fde8e8", "#ff7b80", "#43191d"),
    "refused": ("#9a5b00", "#fbf0de", "#e5ad5c", "#352815"),
    "cancelled": ("#66727f", "#edf0f3", "#9aa7b4", "#242c35"),
    "running": ("#1d5fd1", "#e5eefc", "#6ea8ff", "#182a48"),
    "waiting": ("#6d3fc4", "#f0eafc", "#bb9af7", "#2b2145"),
    "pending": ("#1d5fd1", "#e5eefc", "#6ea8ff", "#182a48"),
    "skipped": ("#66727f", "#edf0f3", "#9aa7b4", "#242c35"),
    "reconciliation_required": ("#a3218e", "#fbe6f8", "#f58be3", "#3b1636"),
    "other": ("#41505f", "#edf0f3", "#b4c0cc", "#242c35"),
}

# Selector, property, light, dark.
_RULES = (
    (".paper", "fill", "#ffffff", "#0e1318"),
    (".card", "fill", "#ffffff", "#171e26"),
    (".card", "stroke", "#cdd6df", "#33404d"),
    (".cell", "fill", "#f7f9fb", "#11171d"),
    (".cell", "stroke", "#dde4ea", "#2a3540"),
    (".ink", "fill", "#16202b", "#e8edf2"),
    (".dim", "fill", "#56636f", "#9fadba"),
    (".sign", "stroke", "#56636f", "#9fadba"),
    (".line", "stroke", "#93a1af", "#5c6b79"),
    (".head", "fill", "#93a1af", "#5c6b79"),
    (".on-hue", "stroke", "#ffffff", "#0e1318"),
    (".on-hue-fill", "fill", "#ffffff", "#0e1318"),
    (".rule", "stroke", "#dde4ea", "#2a3540"),
    (".dot", "fill", "#16202b", "#e8edf2"),
    (".taken", "stroke", "#1d5fd1", "#6ea8ff"),
    (".taken-head", "fill", "#1d5fd1", "#6ea8ff"),
    (".halo", "stroke", "#1d5fd1", "#6ea8ff"),
    (".mark", "stroke", "#c4262e", "#ff7b80"),
    (".mark-words", "fill", "#c4262e", "#ff7b80"),
)
_PLAIN = (
    f"text{{font-family:{_SANS};font-size:11.5px}}",
    f".code{{font-family:{_MONO};font-size:11px}}",
    ".name{font-size:20px;font-weight:700}",
    ".title{font-size:14px;font-weight:600}",
    ".cell-title{font-size:12.5px;font-weight:600}",
    ".small{font-size:10.5px}",
    ".tag{font-size:10.5px;font-weight:600}",
    ".label{font-size:11px;font-weight:600;text-anchor:middle}",
    f".if{{font-family:{_MONO};font-size:10px;text-anchor:middle}}",
    ".mark-words{font-size:9.5px;font-weight:700;letter-spacing:1px}",
    ".end{text-anchor:end}",
    ".middle{text-anchor:middle}",
    ".line,.taken,.edge,.sign,.mark,.halo,.on-hue,.rule{fill:none}",
    ".line{stroke-width:1.5}",
    ".aside{stroke-dasharray:5 4}",
    ".need{stroke-width:1.25;stroke-dasharray:1 4;stroke-linecap:round}",
    ".taken{stroke-width:3.5;stroke-linejoin:round}",
    ".edge{stroke-width:2}",
    ".mark{stroke-width:1.5;stroke-dasharray:7 5}",
    ".halo{stroke-width:3;stroke-opacity:.35}",
    ".sign{stroke-width:1.3;stroke-linecap:round;stroke-linejoin:round}",
    ".on-hue{stroke-width:1.7;stroke-linecap:round;stroke-linejoin:round}",
    ".away{opacity:.42}",
    ".not-taken{opacity:.6}",
    ".strong{font-weight:600}",
)


def _hues(column: int) -> Iterator[str]:
    for name, hues in _HUES.items():
        strong, tint = hues[column], hues[column + 1]
        yield f".f-{name}{{fill:{strong}}}.s-{name}{{stroke:{strong}}}.t-{name}{{fill:{tint}}}"


def _style() -> str:
    light = [f"{selector}{{{what}:{value}}}" for selector, what, value, _ in _RULES]
    dark = [f"{selector}{{{what}:{value}}}" for selector, what, _, value in _RULES]
    in_dark = "".join([*dark, *_hues(2)])
    media = f"@media(prefers-color-scheme:dark){{{in_dark}}}"
    return "".join([*_PLAIN, *light, *_hues(0), media])


STYLE = _style()
"""The whole text of the ``style`` element."""

STYLE_HASH = f"sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}"
"""By which a Content-Security-Policy's ``style-src`` allows it."""

POLICY = f"default-src 'none'; style-src '{STYLE_HASH}'; sandbox"
"""The Content-Security-Policy of a picture: this style, and nothing else."""
