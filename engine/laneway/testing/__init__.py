"""Conformance suites, a fake clock and simulators, for adapters and their tests."""
