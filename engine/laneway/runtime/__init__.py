"""The runtime: commits decisions first, and then performs their commands."""
