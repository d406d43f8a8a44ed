"""`python -m laneway_server.cli`: the `laneway` command."""

from laneway_server.cli import main

main()
