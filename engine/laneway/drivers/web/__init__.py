"""The HTTP driver: checks and requests that a plan spells out, to hosts the operator allows."""
