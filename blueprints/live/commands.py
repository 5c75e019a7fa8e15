"""`flask ingest`: the process that records the cameras."""

from __future__ import annotations

import signal
import threading

import click
from flask import Flask
from flask.cli import with_appcontext

from core.settings import settings
from domain.recordings.ingesting import Ingest
from domain.recordings.live_edge import live_folder
from gateways import registry
from gateways.video.live import open_feed


def register(app: Flask) -> None:
    app.cli.add_command(ingest)


@click.command("ingest")
@with_appcontext
def ingest() -> None:
    """Record every camera until stopped by Ctrl-C or SIGTERM."""
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    recorder = Ingest(
        spool=settings().var_dir / "spool",
        live=live_folder(),
        store=registry.object_store(),
        open_feed=open_feed,
        file_seconds=settings().recording_file_seconds,
    )
    recorder.run(over.is_set)
