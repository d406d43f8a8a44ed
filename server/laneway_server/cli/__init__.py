"""The `laneway` command."""

import sys


def main() -> None:
    """Run the `laneway` command with the process's arguments, and end the process."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            # A terminal that cannot show a character shows another one; it is no reason to fail.
            reconfigure(errors="replace")
    from .application import app

    app()
