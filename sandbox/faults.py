"""How the pretend WeChat misbehaves, each fault switched on and off while it runs."""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from sandbox.rows import Switches
from sandbox.store import Store

MOST_SECONDS = 3600
MOST_COPIES = 20


class BadFault(ValueError):
    """The message names the fault that does not exist or cannot take this value."""


@dataclass(frozen=True)
class Faults:
    """The first nine touch notices, the next three answers of the APIs; then come refunds, busy (429 for all), shares, bills."""

    lost: bool = False
    delay_seconds: float = 0.0
    duplicate: int = 0
    signtest: bool = False
    tampered: bool = False
    stale_timestamp: bool = False
    unknown_serial: bool = False
    wrong_amount: bool = False
    certificate_signed: bool = False
    slow_answer_seconds: float = 0.0
    system_error: bool = False
    key_only: bool = False
    shipping_lag: bool = False
    shipping_answer_lost: bool = False
    refund_seconds: float = 0.0
    refund_abnormal: bool = False
    refund_closed: bool = False
    not_enough: bool = False
    busy: bool = False
    share_seconds: float = 0.0
    share_closed: bool = False
    share_return_failed: bool = False
    share_name_wrong: bool = False
    unfreeze_refused: bool = False
    combine_no_auth: bool = False
    combine_unbound: bool = False
    bill_missing_row: bool = False
    bill_extra_row: bool = False
    bill_wrong_amount: bool = False
    bill_missing_refund: bool = False
    bill_wrong_fee: bool = False
    bill_wrong_summary: bool = False
    bill_cut_off: bool = False
    bill_packed_hash: bool = False

    def names(self) -> list[str]:
        """The faults that are on."""
        return [name for name, value in asdict(self).items() if value]


def current(store: Store) -> Faults:
    switches = store.get(Switches, "switches") or Switches()
    return Faults(**switches.faults)


def change(store: Store, wanted: dict[str, Any]) -> Faults:
    """Set the named faults, leave the others; `{"reset": true}` first puts all off. BadFault changes nothing."""
    wanted = dict(wanted)
    reset = wanted.pop("reset", False)
    if not isinstance(reset, bool):
        raise BadFault("reset: true or false")
    with store.lock:
        faults = with_changes(Faults() if reset else current(store), wanted)
        switches = store.get(Switches, "switches") or Switches()
        store.save(replace(switches, faults=asdict(faults)))
    return faults


def with_changes(faults: Faults, wanted: dict[str, Any]) -> Faults:
    known = {each.name: type(each.default) for each in fields(Faults)}
    for name, value in wanted.items():
        if name not in known:
            raise BadFault(f"{name}: no such fault; there are {', '.join(known)}")
        _check(name, known[name], value)
    return replace(faults, **wanted)


def _check(name: str, kind: type, value: object) -> None:
    if kind is bool:
        if not isinstance(value, bool):
            raise BadFault(f"{name}: true or false")
        return
    most = MOST_COPIES if kind is int else MOST_SECONDS
    numbers = int if kind is int else (int, float)
    if isinstance(value, bool) or not isinstance(value, numbers) or not 0 <= value <= most:
        raise BadFault(f"{name}: a number from 0 to {most}")
