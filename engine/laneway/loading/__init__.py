"""From the YAML text of a plan to the frozen model, with the position of every error."""
