"""Commands of the machine's operators: `flask worker`, and what no console offers yet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from sqlalchemy.exc import IntegrityError

from blueprints.operations.merchants import merchant
from core.errors import DomainError
from core.identity import Role
from core.jobs import run_worker, transaction
from domain.accounts.identities import create_staff
from domain.batches import finding, releasing
from domain.batches.models import Batch
from domain.workshops.directory import find_workshop
from gateways import registry

batch = AppGroup("batch", help="The laboratory's word on a batch.")
staff = AppGroup("staff", help="Accounts of staff.")


wechat = AppGroup("wechat", help="What WeChat is told once.")


def register(app: Flask) -> None:
    for command in (worker, batch, staff, wechat, merchant):
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
    with _whole():
        releasing.release_batch(_batch(gtin, lot), by="laboratory")


@batch.command("recall")
@click.argument("gtin")
@click.argument("lot")
@click.option("--reason", required=True)
@with_appcontext
def recall(gtin: str, lot: str, reason: str) -> None:
    """What was sold of the batch must come back; its packets' pages turn red at once."""
    with _whole():
        releasing.recall_batch(_batch(gtin, lot), by="operator", reason=reason)


@staff.command("add-owner")
@click.argument("username")
@click.argument("workshop")
@click.option("--name", required=True, help="How the console greets them.")
@click.password_option()
@with_appcontext
def add_owner(username: str, workshop: str, name: str, password: str) -> None:
    """An owner who signs in for the workshop of this slug."""
    # The sign-in page trims what is typed.
    if not 1 <= len(username) <= 64 or username != username.strip():
        raise click.BadParameter("1 to 64 characters, no blanks around them", param_hint="username")
    if not 8 <= len(password) <= 256 or password != password.strip():
        raise click.BadParameter("8 to 256 characters, no blanks around them", param_hint="password")
    with _whole():
        create_staff(username, password, name, Role.OWNER, _found(workshop))


@wechat.command("order-path")
@click.argument("path")
@with_appcontext
def order_path(path: str) -> None:
    """Where WeChat's order centre leads, e.g. 'pages/order/index?payment=${商品订单号}'."""
    with _whole():
        registry.wechat_mini().set_order_path(path)


@contextmanager
def _whole() -> Iterator[None]:
    """One transaction; what stops it is said in a line, and nothing of it remains."""
    try:
        with transaction():
            yield
    except DomainError as refusal:
        raise click.ClickException(f"{refusal.code} {refusal.params}") from None
    except IntegrityError:
        raise click.ClickException("there is one already") from None


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
