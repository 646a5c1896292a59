"""`prepdrill config`: the settings file."""

from __future__ import annotations

from typing import Annotated

import typer

from prepdrill.cli.environment import Environment
from prepdrill.cli.options import Json

app = typer.Typer(help="Settings.", rich_markup_mode=None, no_args_is_help=True)


@app.command()
def path() -> None:
    """Print where the settings file is."""
    environment = Environment()
    print(environment.folders.settings, file=environment.stdout)


@app.command()
def show(json: Json = False) -> None:
    """Show every setting, its value and where that comes from."""
    from prepdrill.settings import KEYS

    environment = Environment()
    settings = environment.settings
    if json:
        environment.print_json({name: {"value": settings[name], "from": settings.origins[name]} for name in KEYS})
        return
    for name, key in KEYS.items():
        value = settings[name]
        shown = (
            ", ".join(value)
            if isinstance(value, tuple)
            else str(value).lower()
            if value is True or value is False
            else str(value)
        )
        environment.print(
            f"{name} = {shown or 'none'}  ({settings.origins[name]})\n    {key.about} Variable: {key.variable}"
        )


@app.command("set")
def set_value(
    name: Annotated[str, typer.Argument(help="Name of the setting; `prepdrill config show` lists them.")],
    value: Annotated[str, typer.Argument(help="Its new value.")],
) -> None:
    """Set one setting in the file."""
    from prepdrill.settings import store

    environment = Environment()
    store(environment.folders.settings, name, value)
    environment.talk(f"{name} is set in {environment.folders.settings}.")
