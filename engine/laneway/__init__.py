"""Laneway's engine: durable operations along a plan, as a library without an HTTP server."""

__version__ = "0.1.0"
