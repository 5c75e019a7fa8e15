"""Whose the money is: the trial balance, what each workshop is owed, the journal, bank accounts, corrections."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.cluster.pages import actor, blueprint, console
from core.clock import now
from core.errors import InvalidInput
from core.identity import Role
from core.numbers import random_code
from core.web.attempting import attempt
from core.web.forms import Form, Payload, bind_form, parse_query
from core.web.guards import role
from domain.orders import searching
from domain.payments.receivers import accounts_of
from domain.settlement import balances
from domain.settlement.correcting import correct
from domain.settlement.merchants import enter_merchant, merchants_of
from domain.settlement.models import ACCOUNT_NAMES, Account, EntryKind
from domain.settlement.payees import enter_payee, payees_of
from domain.settlement.posting import post_new
from domain.workshops import directory

KIND_NAMES = {
    EntryKind.SALE: "售出",
    EntryKind.REFUND: "退款",
    EntryKind.CORRECTION: "调整",
    EntryKind.SHARE: "微信分账",
    EntryKind.SHARE_RETURN: "分账退回",
    EntryKind.OWN_RECEIPT: "作坊商户号收款",
    EntryKind.OWN_REFUND: "作坊商户号退款",
    EntryKind.RECEIPT: "买家付款",
    EntryKind.REPAYMENT: "退回买家",
    EntryKind.SURPLUS: "多收",
    EntryKind.SURPLUS_REFUND: "多收退回",
    EntryKind.FEE: "微信手续费",
    EntryKind.WITHDRAWAL: "微信提现",
    EntryKind.PAYOUT: "交银行付款",
    EntryKind.PAYOUT_PAID: "付款到账",
    EntryKind.PAYOUT_FAILED: "付款退回",
}


class JournalQuery(Payload):
    """`/cluster/settlement/journal?kind=&account=&workshop=&order=&from_day=&until_day=&page=`"""

    kind: EntryKind | None = None
    account: Account | None = None
    workshop: str | None = Field(default=None, max_length=80)
    order: str | None = Field(default=None, max_length=40)
    from_day: date | None = None
    until_day: date | None = None
    page: int = Field(default=1, ge=1, le=100_000)


class PayeeForm(Payload):
    holder: str = Field(max_length=60)
    bank: str = Field(max_length=60)
    account: str = Field(max_length=40)


class MerchantForm(Payload):
    """Both empty: the workshop has no merchant number any more."""

    mchid: str = Field(default="", max_length=20)
    mch_name: str = Field(default="", max_length=80)


class CorrectionForm(Payload):
    """`yuan` may be negative: the workshop gets less."""

    yuan: str = Field(pattern=r"^-?[0-9]{1,6}(\.[0-9]{1,2})?$")
    reason: str = Field(min_length=2, max_length=200)
    request_key: str = Field(min_length=8, max_length=40)


@blueprint.get("/settlement")
@role(Role.OPERATOR)
def settlement() -> tuple[str, int]:
    trial, owed = balances.trial_balance(), balances.owed()
    members = directory.workshops_by_id({row.workshop_id for row in owed} | {m.id for m in directory.list_members()})
    return console(
        "cluster/settlement.html",
        gettext("作坊结算"),
        "settlement",
        trial=trial,
        owed={row.workshop_id: row for row in owed},
        workshops=sorted(members.values(), key=lambda workshop: workshop.id),
        payees=payees_of(set(members)),
        account_names=ACCOUNT_NAMES,
        at=now(),
    )


@blueprint.post("/settlement/post")
@role(Role.OPERATOR)
def post_settlement() -> Response:
    total = post_new().total
    flash(gettext("记了 %(n)s 笔新账", n=total) if total else gettext("没有新账要记"), "success")
    return redirect(url_for("cluster.settlement"))


@blueprint.get("/settlement/journal")
@role(Role.OPERATOR)
def journal() -> tuple[str, int]:
    query = parse_query(JournalQuery)
    found = balances.browse(_wanted(query), number=query.page)
    asked = query.model_dump(mode="json", exclude={"page"}, exclude_none=True)
    members = directory.list_members()
    return console(
        "cluster/journal.html",
        gettext("账簿"),
        "settlement",
        query=query,
        page=found,
        page_url=lambda number: url_for("cluster.journal", page=number, **asked),
        kinds=[(kind.value, gettext(name)) for kind, name in KIND_NAMES.items()],
        accounts=[(account.value, gettext(name)) for account, name in ACCOUNT_NAMES.items()],
        kind_names=KIND_NAMES,
        account_names=ACCOUNT_NAMES,
        makers=members,
        workshops=directory.workshops_by_id({row.entry.workshop_id for row in found.items if row.entry.workshop_id}),
    )


@blueprint.get("/settlement/workshops/<slug>")
@role(Role.OPERATOR)
def settlement_workshop(slug: str) -> tuple[str, int]:
    return _workshop_page(slug, None)


@blueprint.post("/settlement/workshops/<slug>/payee")
@role(Role.OPERATOR)
def enter_settlement_payee(slug: str) -> tuple[str, int] | Response:
    workshop, form = directory.find_workshop(slug), bind_form(PayeeForm)

    def act() -> None:
        wish = form.value
        enter_payee(workshop.id, holder=wish.holder, bank=wish.bank, account=wish.account, by=actor())

    refused = attempt(form, act)
    if refused:
        return _workshop_page(slug, form, refused)
    flash(gettext("收款账户已登记，以后的付款用它"), "success")
    return redirect(url_for("cluster.settlement_workshop", slug=slug))


@blueprint.post("/settlement/workshops/<slug>/merchant")
@role(Role.OPERATOR)
def enter_settlement_merchant(slug: str) -> tuple[str, int] | Response:
    workshop, form = directory.find_workshop(slug), bind_form(MerchantForm)

    def act() -> None:
        enter_merchant(workshop, mchid=form.value.mchid, name=form.value.mch_name, by=actor())

    refused = attempt(form, act)
    if refused:
        return _workshop_page(slug, form, refused)
    flash(gettext("商户号已保存，稍后告诉微信"), "success")
    return redirect(url_for("cluster.settlement_workshop", slug=slug))


@blueprint.post("/settlement/workshops/<slug>/correct")
@role(Role.OPERATOR)
def correct_settlement(slug: str) -> tuple[str, int] | Response:
    workshop, form = directory.find_workshop(slug), bind_form(CorrectionForm)

    def act() -> None:
        wish = form.value
        correct(workshop.id, _fen(wish.yuan), wish.reason, by=actor(), request_key=wish.request_key)

    refused = attempt(form, act)
    if refused:
        return _workshop_page(slug, form, refused)
    flash(gettext("调整已记账，进入下一张对账单"), "success")
    return redirect(url_for("cluster.settlement_workshop", slug=slug))


def _workshop_page(
    slug: str, form: Form[PayeeForm] | Form[CorrectionForm] | Form[MerchantForm] | None, status: int = 200
) -> tuple[str, int]:
    """What a workshop is owed, and where its money goes."""
    workshop = directory.find_workshop(slug)
    return console(
        "cluster/settlement_workshop.html",
        workshop.name,
        "settlement",
        status,
        workshop=workshop,
        owed=balances.owed_to(workshop.id),
        payee=payees_of({workshop.id}).get(workshop.id),
        merchants=merchants_of(workshop),
        account=next((each for each in accounts_of({workshop.id}) if each.mchid == workshop.wechat_mchid), None),
        newest=balances.browse(balances.Filter(workshop_id=workshop.id), size=12),
        kind_names=KIND_NAMES,
        request_key=random_code(16),
        form=form,
    )


def _wanted(query: JournalQuery) -> balances.Filter:
    workshop_id = directory.find_workshop(query.workshop).id if query.workshop else None
    order_id = searching.find_order(query.order).id if query.order else None
    return balances.Filter(query.kind, query.account, workshop_id, order_id, query.from_day, query.until_day)


def _fen(typed: str) -> int:
    sign, digits = (-1, typed[1:]) if typed.startswith("-") else (1, typed)
    whole, _, part = digits.partition(".")
    fen = int(whole) * 100 + int(part.ljust(2, "0"))
    if fen == 0:
        raise InvalidInput({"yuan": "调整金额不能为零，也不能超过十万元"})
    return sign * fen
