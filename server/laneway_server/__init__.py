"""Laneway's server: HTTP, streams, access and the command line around the engine."""
