"""The file a bank's batch payment reads: CSV with one payment a line, in the columns of `HEADINGS`.

GB18030 by default, because the banks' desktop programs read GBK (the same bytes for every character GBK has); UTF-8
with a byte order mark for those that ask for it. Lines end in CR LF, amounts are yuan with two decimals.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from domain.settlement.payees import account_number
from domain.settlement.payouts import FileRow

HEADINGS = ("付款编号", "收款户名", "收款账号", "开户行", "金额", "币种", "附言")
ENCODINGS = {"gb18030": "gb18030", "utf-8": "utf-8-sig"}


def bank_file(rows: Sequence[FileRow], encoding: str = "gb18030") -> bytes:
    """The file's bytes; the same rows give the same bytes. `encoding` is a key of ENCODINGS."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for row in rows:
        fen = row.payout.amount_fen
        writer.writerow(
            (
                row.payout.number,
                row.payee.holder,
                account_number(row.payee),
                row.payee.bank,
                f"{fen // 100}.{fen % 100:02d}",
                "CNY",
                f"{row.statement.from_on:%Y%m%d}-{row.statement.until_on:%Y%m%d}",
            )
        )
    return text.getvalue().encode(ENCODINGS[encoding])
