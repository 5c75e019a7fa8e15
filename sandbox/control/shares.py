"""The ledger of shares (分账): what was asked for, who got it, what came back, what is still frozen."""

from flask import Blueprint, Response, jsonify, render_template, request

from sandbox import orders, sharing
from sandbox.rows import Order, ShareAccount, ShareReturn
from sandbox.world import world

blueprint = Blueprint("shares", __name__, url_prefix="/sandbox/shares")

SHOWN_ORDERS = 100


@blueprint.get("")
def ledger() -> Response | str:
    """A page; with ?format=json or Accept: application/json the same as data. ?out_trade_no= picks one order."""
    till, number = world().till, request.args.get("out_trade_no", "")
    chosen = [
        order
        for order in till.store.all(Order)
        if order.paid_at and order.request.get("settle_info", {}).get("profit_sharing")
        and number in ("", order.out_trade_no)
    ][::-1][:SHOWN_ORDERS]  # fmt: skip
    entries = [_entry(orders.find(till, order.out_trade_no)) for order in chosen]
    accounts = [
        {"appid": each.appid, "type": each.type, "account": each.account, "name": each.name}
        for each in till.store.all(ShareAccount)
    ]
    if request.args.get("format") == "json" or request.accept_mimetypes.best == "application/json":
        return jsonify(orders=entries, accounts=accounts)
    return render_template("control/shares.html", entries=entries, accounts=accounts)


def _entry(order: Order) -> dict[str, object]:
    till = world().till
    shares = sharing.of_order(till.store, order.out_trade_no)
    numbers = {share.out_order_no for share in shares}
    return {
        "out_trade_no": order.out_trade_no,
        "total_fen": order.total_fen,
        "frozen_fen": sharing.frozen_fen(till, order),
        "shares": [sharing.told(till, share) for share in shares],
        "returns": [
            sharing.told_return(till, made) for made in till.store.all(ShareReturn) if made.out_order_no in numbers
        ],
    }
