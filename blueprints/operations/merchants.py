"""`flask merchant`: workshops that take their part of a combined payment under their own merchant number."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup, with_appcontext
from sqlalchemy.exc import IntegrityError

from core.errors import DomainError
from core.jobs import transaction
from domain.payments import merchants
from domain.workshops import directory
from gateways.wechat_pay.merchants import MerchantKeys

merchant = AppGroup("merchant", help="Workshops' own merchants at WeChat Pay.")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@merchant.command("set")
@click.argument("workshop")
@click.option("--mchid", required=True, help="The merchant's number.")
@click.option("--name", default="", help="Its full registered name.")
@click.option("--serial", required=True, help="Of its API certificate.")
@click.option("--key-file", required=True, type=_FILE, help="Its apiclient_key.pem.")
@click.option("--apiv3-key-file", required=True, type=_FILE, help="A file with its APIv3 key: 32 characters.")
@click.option("--public-key-id", default="", help="WeChat's public key for it, if not the cluster's.")
@click.option("--public-key-file", type=_FILE, help="The same key's file.")
@click.option("--untried", is_flag=True, help="Keep them without asking WeChat whether they are right.")
@with_appcontext
def set_merchant(
    *,
    workshop: str, mchid: str, name: str, serial: str, key_file: Path, apiv3_key_file: Path, public_key_id: str,
    public_key_file: Path | None, untried: bool,
) -> None:  # fmt: skip
    """The workshop of this slug is this merchant; its credentials are tried, and kept encrypted."""
    if not mchid.isascii() or not mchid.isdigit():
        raise click.BadParameter("digits only", param_hint="--mchid")
    keys = MerchantKeys(
        mchid, serial, key_file.read_text(), apiv3_key_file.read_text().strip(), public_key_id,
        public_key_file.read_text() if public_key_file else "",
    )  # fmt: skip
    try:
        if not untried:
            keys.check()
            merchants.try_credentials(keys)
        with transaction():
            directory.name_merchant(workshop, mchid, name)
            merchants.set_credentials(keys, by="operator")
    except DomainError as refusal:
        raise click.ClickException(f"{refusal.code} {refusal.params}") from None
    except IntegrityError:
        raise click.ClickException("another workshop is this merchant") from None


@merchant.command("stop")
@click.argument("mchid")
@with_appcontext
def stop_merchant(mchid: str) -> None:
    """New payments go to the cluster's merchant; what this one got it still refunds. `set` starts it again."""
    try:
        with transaction():
            merchants.stop(mchid, by="operator")
    except DomainError as refusal:
        raise click.ClickException(f"{refusal.code} {refusal.params}") from None


@merchant.command("list")
@with_appcontext
def list_merchants() -> None:
    """Numbers, since when, and which are stopped; never a key."""
    for each in merchants.list_merchants():
        state = f"stopped {each.stopped_at:%Y-%m-%d}" if each.stopped_at else "takes payments"
        click.echo(f"{each.mchid}  certificate {each.serial}  set {each.set_at:%Y-%m-%d}  {state}")
