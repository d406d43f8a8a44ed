"""What is proved of a plan before it runs, and what is known of it then.

``prove`` gives everything that is wrong or suspicious, each with a witness: a way through the plan
on which it shows. ``facts`` gives what others show of a plan that is in order: the longest way and
the worst case, the point of no return, what destroys, and what surely comes before what.

In the order to read them:

1. ``graph``: the plan's document as phases and transitions; ``rules``: everything that can be
   found, in one table.
2. ``ways``: every way that an operation can take, as situations and moves. Most proofs ask one
   question of it: which places can be arrived at while something is (not) so?
3. By a phase itself: ``phases``, ``expressions``, ``guards``, ``requests``. Of the whole:
   ``shape`` (every operation ends), ``standing`` (what is required has passed), ``references``
   (expressions refer to what has run), ``changes`` (once, verified, not left half done),
   ``doubts`` (what is legal, and suspicious).
4. Time: ``durations`` of a phase, the ``longest`` way, ``deadlines``, and ``renewing``.
"""

from laneway.core.findings import Finding, Severity, Step, Witness

from .durations import in_words
from .facts import Facts, facts
from .longest import LongestWay
from .prove import prove
from .rules import RULES, Rule

__all__ = [
    "RULES",
    "Facts",
    "Finding",
    "LongestWay",
    "Rule",
    "Severity",
    "Step",
    "Witness",
    "facts",
    "in_words",
    "prove",
]
