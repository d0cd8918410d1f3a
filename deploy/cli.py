"""The `cairn` command.  Each of its commands is a module of `deploy.commands`."""

import sys

import typer

from deploy.commands import register_all
from deploy.console import err
from deploy.local.errors import LocalError

app = typer.Typer(
    name="cairn",
    help="A performance-management suite on this machine: people, goals, feedback, reviews, notifications.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
register_all(app)


def main() -> None:
    """Run a command; what is in its way is told in a line, without a trace."""
    try:
        app(prog_name="cairn")
    except LocalError as error:
        err.print(f"[red]cairn:[/red] {error}", highlight=False, soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
