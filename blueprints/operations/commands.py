"""`flask worker`: the process that works on jobs."""

from __future__ import annotations

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from core.jobs import run_worker


def register(app: Flask) -> None:
    app.cli.add_command(worker)


@click.command("worker")
@click.option("--until-idle", is_flag=True, help="Stop when no job is due.")
@with_appcontext
def worker(until_idle: bool) -> None:
    """Work on background jobs until stopped."""
    run_worker(current_app._get_current_object(), wait=not until_idle)  # type: ignore[attr-defined]
