"""提现: money that went from WeChat to the bank, noted as the bank says it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from flask import flash, redirect, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.cluster.pages import actor, blueprint, console
from core.clock import today
from core.identity import Role
from core.web.attempting import attempt
from core.web.forms import Form, Payload, bind_form
from core.web.guards import role
from domain.settlement import withdrawing


class WithdrawalForm(Payload):
    yuan: str = Field(pattern=r"^[0-9]{1,8}(\.[0-9]{1,2})?$")
    arrived_on: date
    bank_reference: str = Field(min_length=4, max_length=64)


@blueprint.get("/settlement/withdrawals")
@role(Role.OPERATOR)
def withdrawals() -> tuple[str, int]:
    return _page(None)


@blueprint.post("/settlement/withdrawals")
@role(Role.OPERATOR)
def note_withdrawal() -> tuple[str, int] | Response:
    form = bind_form(WithdrawalForm)

    def act() -> None:
        wish = form.value
        withdrawing.note_withdrawal(int(Decimal(wish.yuan) * 100), wish.arrived_on, wish.bank_reference, by=actor())

    refused = attempt(form, act)
    if refused:
        return _page(form, refused)
    flash(gettext("提现已记账"), "success")
    return redirect(url_for("cluster.withdrawals"))


def _page(form: Form[WithdrawalForm] | None, status: int = 200) -> tuple[str, int]:
    return console(
        "cluster/withdrawals.html",
        gettext("微信提现"),
        "settlement",
        status,
        form=form,
        noted=withdrawing.recent_withdrawals(),
        there_fen=withdrawing.at_wechat_fen(),
        today=today(),
    )
