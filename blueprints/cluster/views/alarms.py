"""Alarms about money: what repeating can't put right, told once each, for somebody to look at."""

from __future__ import annotations

from dataclasses import dataclass

from flask import redirect, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.cluster.pages import actor, blueprint, console
from core.identity import Role
from core.web.attempting import attempt
from core.web.forms import Payload, bind_form, parse_query
from core.web.guards import role
from domain.payments import alarms as told
from domain.payments.alarms import AlarmKind
from domain.payments.tracing import trace


@dataclass(frozen=True, slots=True)
class Words:
    """What an alarm says happened, and what to do about it."""

    what: str
    advice: str


ALARM_WORDS = {
    AlarmKind.PAYMENT_MISMATCH: Words(
        "付款信息对不上", "微信说的金额、商户或应用与订单不同，订单没有当作已付。到微信商户平台核对这笔付款。"
    ),
    AlarmKind.PAYMENT_UNKNOWN: Words(
        "来了一笔不认识的付款", "我方没有这个单号。到微信商户平台查明来源，需要时原路退回。"
    ),
    AlarmKind.PAYMENT_SURPLUS: Words("多收了一笔付款", "付得太晚或付了两次，已自动全额退回。确认退款到账即可。"),
    AlarmKind.REFUND_MISMATCH: Words("退款信息对不上", "微信说的退款与我方不同。到微信商户平台核对这笔退款。"),
    AlarmKind.REFUND_UNKNOWN: Words(
        "来了一笔不认识的退款", "我方没有这个退款单号，可能在商户平台上手工退过。查明后记入调整。"
    ),
    AlarmKind.REFUND_REFUSED: Words(
        "微信不肯退款", "常见原因是商户号余额不足。充值后会自动再试；别的原因照微信的说法处理。"
    ),
    AlarmKind.REFUND_ABNORMAL: Words("退款到不了买家账户", "买家的银行卡可能已注销。到微信商户平台改退到别的账户。"),
    AlarmKind.REFUND_CLOSED: Words("微信关闭了退款", "钱没有退出去，金额已放回订单，可以重新退款。"),
    AlarmKind.BILL_UNREADABLE: Words(
        "账单读不懂", "账单不完整或格式变了，没有记账。稍后重新取一次，仍不行就联系技术。"
    ),
    AlarmKind.SHARE_REFUSED: Words("微信不肯分账", "钱没有分出去。看明原因，到分账页面再分一次，或解冻后走对账单。"),
    AlarmKind.SHARE_CLOSED: Words(
        "有作坊没有收到分账", "常见原因是商户号受限或没有添加。改好商户号后到分账页面再分一次，或解冻后走对账单。"
    ),
    AlarmKind.SHARE_MISMATCH: Words("分账信息对不上", "微信说的接收方或金额与我方不同。到微信商户平台核对这笔分账。"),
    AlarmKind.SHARE_LATE: Words(
        "付款 25 天还没有分账", "满 30 天微信会自动解冻，不能再分。催收货、了结售后；赶不上的走对账单。"
    ),
    AlarmKind.SHARE_NOT_UNFROZEN: Words(
        "剩余的钱没有解冻", "会自动再试，满 30 天微信自己解冻。等着的退款多的，到微信商户平台手工解冻。"
    ),
    AlarmKind.SHARE_RETURN_FAILED: Words(
        "分账没有退回来",
        "退款已由集群垫付，记在作坊账上，下一张对账单扣。常见原因是作坊商户号余额不足，或超过 180 天。",
    ),
    AlarmKind.SHARE_ACCOUNT_REFUSED: Words(
        "微信不接受这个商户号", "分账接收方没有加成。核对作坊的商户号和商户全称，在作坊结算页面改好再保存。"
    ),
}


class AlarmsQuery(Payload):
    page: int = Field(default=1, ge=1, le=100_000)


class SeenForm(Payload):
    """What was done about it, if there is anything to say."""

    note: str = Field(default="", max_length=200)


@blueprint.get("/alarms")
@role(Role.OPERATOR)
def alarms() -> tuple[str, int]:
    return _page(parse_query(AlarmsQuery).page)


@blueprint.post("/alarms/<int:alarm_id>/seen")
@role(Role.OPERATOR)
def see_alarm(alarm_id: int) -> tuple[str, int] | Response:
    form, number = bind_form(SeenForm), parse_query(AlarmsQuery).page
    refused = attempt(form, lambda: told.see(alarm_id, actor(), form.value.note))
    if refused:
        return _page(number, refused)
    return redirect(url_for("cluster.alarms", page=number) + f"#alarm-{alarm_id}")


def _page(number: int, status: int = 200) -> tuple[str, int]:
    page = told.alarms(number=number)
    return console(
        "cluster/alarms.html",
        gettext("资金告警"),
        "alarms",
        status,
        seen=told.sightings({alarm.id for alarm in page.items}),
        page=page,
        ours=trace({alarm.reference for alarm in page.items}),
        words=ALARM_WORDS,
        page_url=lambda number: url_for("cluster.alarms", page=number),
    )
