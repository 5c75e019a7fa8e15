"""`flask demo load` fills an empty database; `flask demo tour` lives a morning in it. Neither exists in production.

Every process of the product imports this module, so what only the demo needs is imported when a command runs.
"""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup, with_appcontext

from core.jobs import transaction
from core.settings import settings

group = AppGroup("demo", help="Demo data.")


def register(app: Flask) -> None:
    if not settings().is_production:
        app.cli.add_command(group)


@group.command("load")
@click.option("--cameras", "cameras_at", default="rtsp://127.0.0.1:8554", help="Where the simulated cameras are.")
@with_appcontext
def load(cameras_at: str) -> None:
    """Load the demo once; a database that holds anything is left alone."""
    from demo import loading

    if loading.is_loaded():
        click.echo("demo data: already there")
        return
    with transaction():
        loading.load(cameras_at)
    click.echo("demo data: 44 workshops loaded")


@group.command("prepare")
@click.option("--cameras", "cameras_at", default="rtsp://127.0.0.1:8554", help="Where the simulated cameras are.")
@click.pass_context
@with_appcontext
def prepare(context: click.Context, cameras_at: str) -> None:
    """Migrate and load in one go: what `make run` does before it starts the processes."""
    from flask_migrate import upgrade

    upgrade()
    context.invoke(load, cameras_at=cameras_at)


@group.command("tour")
@with_appcontext
def live_a_morning() -> None:
    """Once a day, as the people of the demo would: make batches before the cameras, buy, pay, pack and ship. Stays."""
    from demo import tour

    tour.stay()
