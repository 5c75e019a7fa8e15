"""A buyer's address book: only ever the buyer's own."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import bindparam, select, update

from core.db import db
from core.errors import DomainError, NotFound
from domain.accounts.models import Account
from domain.shipping.models import Address

MOST_ADDRESSES = 20
_OF_ACCOUNT = (
    select(Address)
    .where(Address.account_id == bindparam("account"))
    .order_by(Address.is_default.desc(), Address.id.desc())
)
_DEFAULT = _OF_ACCOUNT.limit(1)
_ONE = _OF_ACCOUNT.where(Address.id == bindparam("address"))


class TooManyAddresses(DomainError):
    message = "最多保存 20 个收货地址"


@dataclass(frozen=True, slots=True)
class AddressFields:
    """What a parcel needs to arrive."""

    recipient: str
    phone: str
    province: str
    city: str
    district: str
    street: str


def list_addresses(account_id: int) -> list[Address]:
    """The buyer's addresses, the default one first."""
    return list(db.session.scalars(_OF_ACCOUNT, {"account": account_id}))


def default_address(account_id: int) -> Address | None:
    """Where the buyer's parcels go unless they say otherwise; None without any address."""
    return db.session.scalars(_DEFAULT, {"account": account_id}).first()


def find_address(account_id: int, address_id: int) -> Address:
    """The buyer's address, or NotFound: somebody else's is none."""
    address = db.session.scalars(_ONE, {"account": account_id, "address": address_id}).first()
    if address is None:
        raise NotFound(what="address")
    return address


def add_address(account_id: int, fields: AddressFields, *, is_default: bool = False) -> Address:
    """Keep a new address; the first one is the default."""
    _take_turns(account_id)
    known = list_addresses(account_id)
    if len(known) >= MOST_ADDRESSES:
        raise TooManyAddresses
    address = Address(account_id=account_id, **asdict(fields))
    db.session.add(address)
    db.session.flush()
    if is_default or not known:
        make_default(account_id, address.id)
    return address


def change_address(account_id: int, address_id: int, fields: AddressFields, *, is_default: bool = False) -> Address:
    """Rewrite an address of the buyer's own."""
    address = find_address(account_id, address_id)
    for name, value in asdict(fields).items():
        setattr(address, name, value)
    if is_default:
        make_default(account_id, address_id)
    db.session.flush()
    return address


def make_default(account_id: int, address_id: int) -> None:
    """Exactly this address is the default from now on."""
    _take_turns(account_id)
    find_address(account_id, address_id)
    db.session.execute(update(Address).filter_by(account_id=account_id).values(is_default=Address.id == address_id))


def remove_address(account_id: int, address_id: int) -> None:
    """Forget an address; orders keep their copy."""
    db.session.delete(find_address(account_id, address_id))
    db.session.flush()


def _take_turns(account_id: int) -> None:
    """One change of a buyer's book at a time, until the transaction ends."""
    db.session.execute(select(Account.id).filter_by(id=account_id).with_for_update(key_share=True))
