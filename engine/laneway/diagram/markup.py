"""SVG elements as text. Whatever a plan says becomes text, and never markup."""

from xml.sax.saxutils import escape, quoteattr

from .letters import seen


def number(value: float) -> str:
    """A length: with one digit after the point, where it needs one."""
    return f"{round(value, 1) + 0.0:g}"  # adding nothing makes -0 a 0


def words(text: str) -> str:
    """Text between tags."""
    return escape(seen(text))


def element(name: str, css: str = "", inner: str = "", **attributes: float | str) -> str:
    """An element; ``inner`` is markup already, and ``_`` in a name stands for ``-``."""
    told = {"class": css, **attributes} if css else attributes
    texts = (f" {key.replace('_', '-')}={quoteattr(_value(value))}" for key, value in told.items())
    head = f"<{name}{''.join(texts)}"
    return f"{head}>{inner}</{name}>" if inner else f"{head}/>"


def _value(value: float | str) -> str:
    return value if isinstance(value, str) else number(value)


def group(*inner: str, css: str = "", **attributes: float | str) -> str:
    """A group of elements."""
    return element("g", css, "".join(inner), **attributes)


def text(x: float, y: float, told: str, css: str) -> str:
    """A line of text, by where its baseline begins."""
    return element("text", css, words(told) or " ", x=x, y=y)


def path(d: str, css: str, x: float = 0.0, y: float = 0.0, scale: float = 1.0) -> str:
    """A path, moved and scaled."""
    move = f"translate({number(x)} {number(y)})" if x or y else ""
    size = f"scale({scale:g})" if scale != 1.0 else ""
    both = " ".join(part for part in (move, size) if part)
    return element("path", css, d=d, **({"transform": both} if both else {}))


def box(x: float, y: float, width: float, height: float, radius: float, css: str) -> str:
    """A rectangle with round corners."""
    return element("rect", css, x=x, y=y, width=width, height=height, rx=radius)


def titled(told: str) -> str:
    """What is shown to who points at the group that it stands in."""
    return element("title", inner=words(told))
