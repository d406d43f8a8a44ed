"""What makes one plan another one than before, and which of that takes a safeguard away.

``difference`` compares two compiled plans: ``matching`` says which phase is which, and the changes
are those of the ``frame``, of the ``phases``, of their ``transitions``, and what was ``proved``.
Each is a ``change`` with its bearing.
"""

from .change import Bearing, Change
from .compare import Difference, Version, difference

__all__ = ["Bearing", "Change", "Difference", "Version", "difference"]
