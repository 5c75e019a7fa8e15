"""People for tests."""

from __future__ import annotations

from itertools import count

from core.identity import Role
from domain.accounts.identities import create_staff
from domain.accounts.models import Account
from domain.accounts.signing_in import WechatPerson, account_of_wechat
from domain.shipping.addresses import AddressFields, add_address
from domain.shipping.models import Address
from domain.workshops.models import Workshop

_numbers = count(1)
PASSWORD = "a-test-password"


def make_buyer(name: str = "顾客甲") -> Account:
    """A buyer who came from WeChat."""
    n = next(_numbers)
    return account_of_wechat(WechatPerson("wx-test", f"openid-{n}", f"unionid-{n}", name))


def make_owner(workshop: Workshop) -> Account:
    """The owner of a workshop; user name `owner-<id>`."""
    return create_staff(f"owner-{workshop.id}", PASSWORD, "作坊主", Role.OWNER, workshop.id)


def make_operator() -> Account:
    """A member of the cluster's staff; user name `operator-<n>`."""
    return create_staff(f"operator-{next(_numbers)}", PASSWORD, "集群运营", Role.OPERATOR)


def make_address(account: Account) -> Address:
    fields = AddressFields("顾客甲", "13800138000", "福建省", "漳州市", "长泰区", "坂里乡 1 号")
    return add_address(account.id, fields)
