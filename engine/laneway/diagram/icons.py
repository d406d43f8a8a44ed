"""Small drawings: each safety and each kind of phase has a shape of its own, beside its colour."""

from collections.abc import Mapping

from .notes import Sign

SHAPES: Mapping[str, tuple[str, str]] = {
    # A circle with an eye.
    "read": (
        "M11 0a11 11 0 1 1 0 22a11 11 0 1 1 0-22z",
        "M4.5 11q6.5-8 13 0q-6.5 8-13 0zM11 9.3a1.7 1.7 0 1 1 0 3.4a1.7 1.7 0 1 1 0-3.4z",
    ),
    # A rounded square with a pencil.
    "safe_write": (
        "M5 1h12a4 4 0 0 1 4 4v12a4 4 0 0 1-4 4h-12a4 4 0 0 1-4-4v-12a4 4 0 0 1 4-4z",
        "M6 16l.8-3.2l7-7l2.4 2.4l-7 7zM12.2 7.4l2.4 2.4",
    ),
    # A lozenge with arrows that exchange.
    "mutation": (
        "M11-.8l11.8 11.8l-11.8 11.8l-11.8-11.8z",
        "M6.5 9.2h8M12 6.7l2.5 2.5M15.5 12.8h-8M10 15.3l-2.5-2.5",
    ),
    # An octagon with a bolt.
    "destructive": (
        "M6.6 0h8.8l6.6 6.6v8.8l-6.6 6.6h-8.8l-6.6-6.6v-8.8z",
        "M12.4 3.8l-5 8h3.4l-1.4 6.4l5.4-8.4h-3.6z",
    ),
    # A shield with a person.
    "approval": (
        "M11 0l9.5 3.2v7.3q0 7.6-9.5 11.5q-9.5-3.9-9.5-11.5v-7.3z",
        "M11 5a2.6 2.6 0 1 1 0 5.2a2.6 2.6 0 1 1 0-5.2zM6.4 16q.4-4 4.6-4t4.6 4",
    ),
    # A clock.
    "wait": (
        "M11 0a11 11 0 1 1 0 22a11 11 0 1 1 0-22z",
        "M11 5v6.2l4 2.4",
    ),
    "pass": ("M11 0a11 11 0 1 1 0 22a11 11 0 1 1 0-22z", "M6 11.4l3.4 3.4l6.6-7"),
    "fail": ("M11 0a11 11 0 1 1 0 22a11 11 0 1 1 0-22z", "M7 7l8 8M15 7l-8 8"),
    "refused": ("M11 0a11 11 0 1 1 0 22a11 11 0 1 1 0-22z", "M5.5 11h11"),
    "cancelled": ("M11 0a11 11 0 1 1 0 22a11 11 0 1 1 0-22z", "M7.5 7.5h7v7h-7z"),
}
"""By hue: the shape, and what is drawn on it; 22 wide and high."""

SIGNS: Mapping[Sign, str] = {
    Sign.TIME: "M5.5 .5a5 5 0 1 1 0 10a5 5 0 1 1 0-10zM5.5 2.8v2.9l2 1.2",
    Sign.AGAIN: "M10.3 5.5a4.8 4.8 0 1 1-1.5-3.5M9.4 .2v2.4h-2.4",
    Sign.VISITS: "M2.2 8.8a4.6 4.6 0 1 1 6.6 0M.8 6.6l1.4 2.3l2.3-1.2",
    Sign.PEOPLE: "M5.5 .7a2.3 2.3 0 1 1 0 4.6a2.3 2.3 0 1 1 0-4.6zM1.2 10.6q.3-3.7 4.3-3.7t4.3 3.7",
    Sign.NEEDS: "M3.8 3.4h-1a2.4 2.4 0 0 0 0 4.8h1M7.2 3.4h1a2.4 2.4 0 0 1 0 4.8h-1M3.6 5.8h3.8",
    Sign.CANCEL: "M1.6 5h7.8v5.4h-7.8zM3.2 5v-1.6a2.3 2.3 0 0 1 4.6 0v1.6",
}
"""Beside notes; 11 wide and high."""

STATUSES: Mapping[str, str] = {
    "pass": "pass",
    "fail": "fail",
    "refused": "refused",
    "cancelled": "cancelled",
    "skipped": "cancelled",
    "waiting": "wait",
    "running": "running",
    "pending": "running",
    "reconciliation_required": "question",
}
"""Which drawing stands for a status."""

MARKS: Mapping[str, str] = {
    **{name: drawn for name, (_, drawn) in SHAPES.items()},
    "running": "M8.2 6l7 5l-7 5z",
    "question": "M7.6 8.4a3.4 3.4 0 1 1 5 3q-1.6 .9-1.6 2.4M11 16.4v.2",
}

FLAG = "M1 12v-11.4M1 1.2h8l-2 2.6l2 2.6h-8"
