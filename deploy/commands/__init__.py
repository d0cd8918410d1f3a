"""The commands of `cairn`, a module each.

A module here has a function `register(app)` that puts its command, or its group of commands,
on the typer app; that is all it takes to add one.  What is heavy to import a command imports
when it runs, so that `cairn --help` stays quick.
"""

import importlib
import pkgutil

import typer


def register_all(app: typer.Typer) -> None:
    """Put every module's commands on the app, in the order of their names."""
    for module in sorted(found.name for found in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{module}").register(app)
