"""One feed of committed events, and its renderings."""
