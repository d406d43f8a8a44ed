"""What is never logged: credentials, wherever somebody has put them.

They belong into headers, which are not logged at all. This is for those that turn up elsewhere: in
an address, in a malformed request, in the text of an error.
"""

import re
from functools import lru_cache

HIDDEN = "[hidden]"

_CREDENTIAL = re.compile(
    r"laneway_[A-Za-z0-9]{16,}"  # a static token
    r"|\bgh[pousr]_[A-Za-z0-9]{16,}|\bgithub_pat_\w{16,}"  # GitHub's own, sent here by mistake
    r"|(?<=\bbearer )\s*[^\s'\",\\]+"
    r"|(?<=\bbasic )\s*[A-Za-z0-9+/=]{6,}",
    re.IGNORECASE,
)
# A JSON Web Token is looked for in two steps: in one, a text that is made for it takes hours.
_DOTTED = re.compile(r"(?<![\w-])[\w-]++(?:\.[\w-]*+)++")
_TOKEN_BEGINS = re.compile(r"\beyJ")
_PART = re.compile(r"\.[\w-]")
_NAME = re.compile(r"[A-Za-z0-9._{}-]*")
"""What a part of an address is, if it is a name: a longer or odder one may be a secret."""
_LONGEST_NAME = 36


def without_credentials(text: str) -> str:
    """The text, with `HIDDEN` in the place of everything that looks like a credential."""
    return _CREDENTIAL.sub(HIDDEN, _DOTTED.sub(_without_token, text))


def _without_token(dotted: re.Match[str]) -> str:
    """Parts with dots between them, up to where a token begins."""
    begins = _TOKEN_BEGINS.search(dotted[0])
    if begins is None or not _PART.search(dotted[0], begins.end()):
        return dotted[0]
    return dotted[0][: begins.start()] + HIDDEN


def shown_path(path: str) -> str:
    """A request's path as it is logged: without what is too long, or too odd, for a name."""
    return "/".join(_shown_part(part) for part in path.split("/"))


def _shown_part(part: str) -> str:
    # The length first: what may be a secret is not kept in memory.
    return HIDDEN if len(part) > _LONGEST_NAME else _shown_name(part)


@lru_cache(1_024)  # most parts of most addresses are the same few words
def _shown_name(part: str) -> str:
    return part if _NAME.fullmatch(part) and without_credentials(part) == part else HIDDEN
