"""Commands of the machine's operators: `flask worker`, and what no console offers yet."""

from __future__ import annotations

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext

from core.errors import DomainError
from core.identity import Role
from core.jobs import run_worker, transaction
from domain.accounts.identities import create_staff
from domain.batches import finding, releasing
from domain.batches.models import Batch
from domain.workshops.directory import find_workshop

batch = AppGroup("batch", help="The laboratory's word on a batch.")
staff = AppGroup("staff", help="Accounts of staff.")


def register(app: Flask) -> None:
    for command in (worker, batch, staff):
        app.cli.add_command(command)


@click.command("worker")
@click.option("--until-idle", is_flag=True, help="Stop when no job is due.")
@with_appcontext
def worker(until_idle: bool) -> None:
    """Work on background jobs until stopped."""
    run_worker(current_app._get_current_object(), wait=not until_idle)  # type: ignore[attr-defined]


@batch.command("release")
@click.argument("gtin")
@click.argument("lot")
@with_appcontext
def release(gtin: str, lot: str) -> None:
    """The batch passed its test: it may be labelled and sold."""
    with transaction():
        releasing.release_batch(_batch(gtin, lot), by="laboratory")


@batch.command("recall")
@click.argument("gtin")
@click.argument("lot")
@click.option("--reason", required=True)
@with_appcontext
def recall(gtin: str, lot: str, reason: str) -> None:
    """What was sold of the batch must come back; its packets' pages turn red at once."""
    with transaction():
        releasing.recall_batch(_batch(gtin, lot), by="operator", reason=reason)


@staff.command("add-owner")
@click.argument("username")
@click.argument("workshop")
@click.option("--name", required=True, help="How the console greets them.")
@click.password_option()
@with_appcontext
def add_owner(username: str, workshop: str, name: str, password: str) -> None:
    """An owner who signs in for the workshop of this slug."""
    if len(password) < 8:
        raise click.BadParameter("at least 8 characters", param_hint="password")
    with transaction():
        create_staff(username, password, name, Role.OWNER, _found(workshop))


def _batch(gtin: str, lot: str) -> Batch:
    found = finding.find_batch_by_code(gtin, lot)
    if found is None:
        raise click.ClickException(f"no batch {lot} of {gtin}")
    return found


def _found(slug: str) -> int:
    try:
        return find_workshop(slug).id
    except DomainError:
        raise click.ClickException(f"no workshop {slug}") from None
