"""People become accounts, accounts become sessions, and only hashes are kept."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from core.clock import now
from core.db import db
from core.identity import Identity, Role
from domain.accounts import identities, phones, signing_in
from domain.accounts.models import Account, SignIn, StaffCredential, WechatIdentity
from domain.accounts.signing_in import AccountDeactivated, SignInRefused, WechatPerson
from tests.factories.accounts import PASSWORD, make_buyer, make_owner
from tests.factories.workshops import make_workshop
from tests.fixtures.racing import Race, failures


def test_one_unionid_is_one_account_in_every_app(session: Any) -> None:
    mini = signing_in.account_of_wechat(WechatPerson("wx-mini", "open-1", "union", "小美"))
    web = signing_in.account_of_wechat(WechatPerson("wx-web", "open-2", "union", "另一个名字"))
    again = signing_in.account_of_wechat(WechatPerson("wx-mini", "open-1", None))
    assert mini.id == web.id == again.id
    assert signing_in.openid_of(mini.id, "wx-web") == "open-2"
    assert signing_in.openid_of(mini.id, "wx-oa") is None
    assert mini.display_name == "小美"


def test_without_a_unionid_each_openid_is_somebody(session: Any) -> None:
    one = signing_in.account_of_wechat(WechatPerson("wx-mini", "open-1", None))
    two = signing_in.account_of_wechat(WechatPerson("wx-mini", "open-2", None))
    assert one.id != two.id


def test_one_person_signing_in_twelve_times_at_once_is_one_account(app: Flask, race: Race) -> None:
    people = [WechatPerson("wx-mini", "open-1", "union"), WechatPerson("wx-web", "open-2", "union")]

    def sign_in(person: WechatPerson) -> int:
        return signing_in.account_of_wechat(person).id

    outcomes = race(*[partial(sign_in, people[n % 2]) for n in range(12)])
    assert failures(outcomes) == []
    assert len(set(outcomes)) == 1
    with app.app_context():
        assert db.session.scalar(select(func.count(Account.id))) == 1
        assert db.session.scalar(select(func.count()).select_from(WechatIdentity)) == 2


def account_of(token: str) -> int | None:
    identity = identities.identity_of_session(token)
    return identity.account_id if identity else None


def identity_of(account: Account) -> Identity:
    identity = identities.identity_of_session(signing_in.open_session(account, "test"))
    assert identity is not None
    return identity


def test_a_session_ends_by_time_by_signing_out_and_with_its_account(session: Any) -> None:
    buyer = make_buyer()
    tokens = [signing_in.open_session(buyer, "mini") for _ in range(3)]
    assert all(account_of(token) == buyer.id for token in tokens)
    signing_in.end_session(tokens[0])
    db.session.flush()
    assert account_of(tokens[0]) is None
    assert account_of(tokens[1]) == buyer.id
    for row in db.session.scalars(select(SignIn)):
        row.expires_at = now() - timedelta(seconds=1)
    db.session.flush()
    assert account_of(tokens[1]) is None
    fresh = signing_in.open_session(buyer, "mini")
    buyer.is_active = False
    db.session.flush()
    assert account_of(fresh) is None
    assert account_of("never given") is None


def test_the_database_knows_no_token_and_no_password(session: Any) -> None:
    owner = make_owner(make_workshop())
    token = signing_in.open_session(owner, "staff")
    assert token not in db.session.scalars(select(SignIn.token_hash)).all()
    stored = db.session.scalars(select(StaffCredential.password_hash)).one()
    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored


def test_staff_are_signed_in_for_half_a_day_and_buyers_for_a_month(session: Any) -> None:
    signing_in.open_session(make_owner(make_workshop()), "staff")
    signing_in.open_session(make_buyer(), "mini")
    staff, buyer = db.session.scalars(select(SignIn.expires_at).order_by(SignIn.id))
    assert timedelta(hours=11) < staff - now() <= timedelta(hours=12)
    assert timedelta(days=29) < buyer - now() <= timedelta(days=30)


def test_an_owner_acts_for_the_workshop_and_no_other(session: Any) -> None:
    mine, other = make_workshop(), make_workshop()
    identity = identity_of(make_owner(mine))
    assert identity.roles == {Role.OWNER}
    assert (identity.may_touch(mine.id), identity.may_touch(other.id)) == (True, False)
    assert identity_of(make_buyer()).may_touch(mine.id) is False


@pytest.mark.parametrize(("username", "password"), [("owner", "wrong"), ("nobody", PASSWORD), ("", ""), ("owner", "")])
def test_a_wrong_pair_is_refused_in_the_same_words(session: Any, username: str, password: str) -> None:
    workshop = make_workshop()
    make_owner(workshop)
    with pytest.raises(SignInRefused):
        signing_in.check_password(f"owner-{workshop.id}" if username == "owner" else username, password)


def test_a_closed_staff_account_is_refused(session: Any) -> None:
    workshop = make_workshop()
    owner = make_owner(workshop)
    assert signing_in.check_password(f"owner-{workshop.id}", PASSWORD) == owner
    owner.is_active = False
    db.session.flush()
    with pytest.raises(AccountDeactivated):
        signing_in.check_password(f"owner-{workshop.id}", PASSWORD)
    with pytest.raises(SignInRefused):
        signing_in.check_password(f"owner-{workshop.id}", "guessed")
    with pytest.raises(AccountDeactivated):
        signing_in.open_session(owner, "web")


def test_a_phone_is_kept_encrypted_and_shown_masked(session: Any) -> None:
    buyer = make_buyer()
    phones.keep_phone(buyer.id, "86", "13800138000")
    assert "13800138000" not in (buyer.phone_encrypted or "")
    assert identities.profile_of(buyer.id).masked_phone == "138****8000"
    phones.keep_phone(buyer.id, "852", "91234567")
    assert identities.profile_of(buyer.id).masked_phone == "+85****4567"
