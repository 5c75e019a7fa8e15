"""What the side navigation lists. A new page of the console is one line here."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in the navigation: its view, its word, its sign of `components/icon.html`."""

    endpoint: str
    word: str
    icon: str


# Groups in their order, each with its pages.
NAVIGATION: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        "每天",
        (
            Entry("cluster.overview", "今日", "today"),
            Entry("cluster.orders", "订单", "order"),
            Entry("cluster.dispatch", "派单", "workshop"),
            Entry("cluster.unshipped", "未发货", "truck"),
            Entry("cluster.cases", "售后仲裁", "shield"),
            Entry("cluster.reviews", "评价审核", "star"),
        ),
    ),
    (
        "钱",
        (
            Entry("cluster.settlement", "作坊结算", "hash"),
            Entry("cluster.statements", "对账单", "list"),
            Entry("cluster.shares", "分账", "grid"),
            Entry("cluster.reconciliation", "微信对账", "wechat"),
            Entry("cluster.refunds", "退款", "back"),
            Entry("cluster.alarms", "资金告警", "warning"),
        ),
    ),
    (
        "商店",
        (
            Entry("cluster.listings", "上架审核", "check"),
            Entry("cluster.promotions", "促销", "seal"),
            Entry("cluster.banners", "首页横幅", "photo"),
            Entry("cluster.topics", "专题", "grid"),
        ),
    ),
    ("数字", (Entry("cluster.statistics", "经营统计", "list"),)),
)


def navigation() -> list[tuple[str, list[Entry]]]:
    """The groups with the pages that this installation has."""
    known = current_app.view_functions
    return [
        (group, shown)
        for group, entries in NAVIGATION
        if (shown := [entry for entry in entries if entry.endpoint in known])
    ]
