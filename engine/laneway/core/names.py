"""Names for people: the nearest to one that is wrong, and lists of them."""

import difflib
from collections.abc import Iterable


def nearest(name: str, names: Iterable[str]) -> str:
    """``did you mean 'x'?`` for the known name that is most like a wrong one, or empty."""
    found = difflib.get_close_matches(name, list(names), n=1, cutoff=0.7)
    return f"did you mean {found[0]!r}?" if found else ""


def nearest_dotted(name: str, names: Iterable[str]) -> str:
    """As `nearest`, where the names look like ``lane.instance``.

    Where there are names with the same beginning, only their last parts are compared.
    """
    before = _parent(name)
    siblings = {known.rpartition(".")[2]: known for known in names if _parent(known) == before}
    if not siblings:
        return nearest(name, names)
    found = difflib.get_close_matches(name.rpartition(".")[2], list(siblings), n=1, cutoff=0.6)
    return f"did you mean {siblings[found[0]]!r}?" if found else ""


def _parent(name: str) -> str:
    return name.rpartition(".")[0]


def listed(names: Iterable[str], word: str = "or") -> str:
    """``a, b or c``."""
    *most, last = list(names) or ["nothing"]
    return f"{', '.join(most)} {word} {last}" if most else last


def titled(name: str) -> str:
    """A title made from a name: ``policy_proof`` becomes ``Policy proof``."""
    words = name.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]
