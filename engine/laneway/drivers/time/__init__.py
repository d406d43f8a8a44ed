"""The time driver: when a lane may be worked on, and whether that is now."""
