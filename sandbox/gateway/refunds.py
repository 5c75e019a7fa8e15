"""Refunds of Pay APIv3: ask, query, and another way for money that the buyer's account does not take."""

from flask import Response, g

from sandbox import refunds
from sandbox.gateway.errors import PayError, bad_field
from sandbox.gateway.forms import ABNORMAL_REFUND_FORM, REFUND_FORM
from sandbox.gateway.views import answer, blueprint, json_body, refuse
from sandbox.world import world

PATH = "/refund/domestic/refunds"


@blueprint.errorhandler(refunds.RefundRefused)
def refuse_refund(error: refunds.RefundRefused) -> Response:
    return refuse(PayError(*error.args))


@blueprint.post(PATH)
def ask() -> Response:
    body = json_body()
    REFUND_FORM.check(body, "")
    if ("transaction_id" in body) == ("out_trade_no" in body):
        raise bad_field("/out_trade_no", "", "transaction_id 与 out_trade_no 二选一")
    till = world().till
    return answer(200, refunds.told(till, refunds.ask(till, body, g.claim.mchid)))


@blueprint.get(f"{PATH}/<out_refund_no>")
def query(out_refund_no: str) -> Response:
    till = world().till
    return answer(200, refunds.told(till, refunds.find(till, out_refund_no, g.claim.mchid)))


@blueprint.post(f"{PATH}/<refund_id>/apply-abnormal-refund")
def apply_abnormal(refund_id: str) -> Response:
    body = json_body()
    ABNORMAL_REFUND_FORM.check(body, "")
    till = world().till
    refund = refunds.settle_abnormal(till, refund_id, body["out_refund_no"], g.claim.mchid)
    return answer(200, refunds.told(till, refund))
