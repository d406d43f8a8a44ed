"""Pictures of plans, and of the path that an operation takes through one. Pure, as the core is.

- ``svg``, ``mermaid`` and ``text`` draw a plan; ``words`` tells it. They say the same things, which
  ``notes`` words once. ``overlay`` is an operation's path, which the first three can draw over it.
- A drawing is a ``scene``: a plan as a ``graph`` of boxes and links, laid out by ``layout``, whose
  docstring tells how. ``contents`` says what stands in the boxes, and how large that is.
- The SVG is put together from ``lines`` and ``cards``, with ``icons``, ``markup`` and ``style``;
  the characters are drawn on a ``canvas``.
"""

from .mermaid import mermaid
from .overlay import Overlay, overlay
from .svg import svg
from .text import text
from .words import words

__all__ = ["Overlay", "mermaid", "overlay", "svg", "text", "words"]
