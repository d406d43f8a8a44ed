"""The SQLite store: one process, one writing connection, grouped commits."""
