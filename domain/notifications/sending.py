"""One-time subscribe messages: what a person accepted is counted here, and spent one by one.

WECHAT_MINI_TEMPLATES gives each kind its template and the fields of it that hold the title, a number and the time.
"""

from __future__ import annotations

import structlog
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from core.clock import local, now
from core.db import db
from core.jobs import job
from core.settings import settings
from domain.accounts.signing_in import openid_of
from domain.notifications.models import MessageSending, Notification, SubscribeQuota
from gateways import registry
from gateways.wechat_mini.errors import MessageRefused, SubscriptionSpent

log = structlog.get_logger(__name__)


def templates() -> dict[str, str]:
    """The template of each kind, for `wx.requestSubscribeMessage`."""
    return {kind: words.split()[0] for kind, words in settings().wechat_mini_templates.items() if words.split()}


def accept(openid: str, kinds: set[str]) -> None:
    """The person accepted one more message of each kind."""
    for template_id in sorted(templates()[kind] for kind in kinds & set(templates())):
        row = insert(SubscribeQuota).values(openid=openid, template_id=template_id, remaining=1)
        more = {"remaining": SubscribeQuota.remaining + 1}
        db.session.execute(row.on_conflict_do_update(index_elements=["openid", "template_id"], set_=more))


@job(attempts=5)
def send_message(notification_id: int) -> None:
    """Send a notification to whoever accepted one of its kind. Run twice, it is sent once; the result is kept.

    Raises WechatUnavailable, worth another try, and nothing else.
    """
    notification = db.session.get_one(Notification, notification_id, with_for_update=True)
    words = settings().wechat_mini_templates.get(notification.kind, "").split()
    if not words or db.session.get(MessageSending, notification_id) is not None:
        return None
    openid = openid_of(notification.account_id or 0, settings().wechat_mini_appid)
    if openid is None or not _spend(openid, words[0]):
        return _note(notification_id, words[0], "not_accepted")
    try:
        registry.wechat_mini().send_subscribed(
            openid, words[0], _data(notification, words[1:]), _page(notification.path), settings().wechat_mini_version
        )
    except SubscriptionSpent as refusal:
        _forget(openid, words[0])
        return _note(notification_id, words[0], "not_accepted", refusal.params.get("errcode"))
    except MessageRefused as refusal:
        log.error("message_refused", kind=notification.kind, errcode=refusal.params.get("errcode"))
        return _note(notification_id, words[0], "refused", refusal.params.get("errcode"))
    return _note(notification_id, words[0], "sent")


def _spend(openid: str, template_id: str) -> bool:
    one = SubscribeQuota.openid == openid, SubscribeQuota.template_id == template_id, SubscribeQuota.remaining >= 1
    statement = update(SubscribeQuota).where(*one).values(remaining=SubscribeQuota.remaining - 1)
    return db.session.scalar(statement.returning(SubscribeQuota.remaining)) is not None


def _forget(openid: str, template_id: str) -> None:
    """WeChat counts otherwise than we do, and WeChat is right."""
    one = SubscribeQuota.openid == openid, SubscribeQuota.template_id == template_id
    db.session.execute(update(SubscribeQuota).where(*one).values(remaining=0))


def _data(notification: Notification, fields: list[str]) -> dict[str, str]:
    """The template's fields by their kind: `thing` is the title, `character_string` the number, `time` when."""
    values = {
        "thing": notification.title[:20],
        "character_string": str(notification.params.get("number", "-"))[:32],
        "time": local(notification.created_at).strftime("%Y-%m-%d %H:%M"),
    }
    return {name: values.get(name.rstrip("0123456789"), notification.title[:20]) for name in fields}


def _page(path: str) -> str:
    """The mini-program's page of an order, else its messages."""
    number = path.removeprefix("/orders/")
    return "pages/messages/index" if number == path else f"pages/order/index?number={number}"


def _note(notification_id: int, template_id: str, status: str, errcode: int | None = None) -> None:
    row = MessageSending(
        notification_id=notification_id, template_id=template_id, status=status, errcode=errcode, at=now()
    )
    db.session.add(row)
    db.session.flush()
