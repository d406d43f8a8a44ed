"""``laneway plan``: the commands that work with plans' files. Each has its own module."""

import typer

from . import plan_check, plan_diagram, plan_diff, plan_rehearse, plan_show, plan_test

commands = typer.Typer(no_args_is_help=True, help="Work with plans, before a server loads them.")


@commands.callback()
def _group() -> None:
    """Keep them commands of a group, however few they are."""


commands.command()(plan_check.check)
commands.command()(plan_show.show)
commands.command()(plan_diagram.diagram)
commands.command()(plan_diff.diff)
commands.command()(plan_rehearse.rehearse)
commands.command("test")(plan_test.play)
