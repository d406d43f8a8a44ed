"""Drivers: what a plan's actions do to the world."""
