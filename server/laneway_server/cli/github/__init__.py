"""The command in a GitHub workflow: what it writes to the log, the outputs and the summary."""
