"""Who is asking: a value, made once per request, that views and acts can be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What a member of staff may do. A buyer has no role."""

    OWNER = "owner"
    OPERATOR = "operator"
    LABORATORY = "laboratory"
    REGULATOR = "regulator"


@dataclass(frozen=True, slots=True)
class Identity:
    """A signed-in person. `workshop_ids` are the workshops an owner acts for; other roles have none."""

    account_id: int
    name: str
    is_staff: bool
    roles: frozenset[Role] = field(default_factory=frozenset)
    workshop_ids: frozenset[int] = field(default_factory=frozenset)

    def has(self, role: Role) -> bool:
        return role in self.roles

    def may_touch(self, workshop_id: int) -> bool:
        """The one question about workshops: an owner's own, and every one for the operator and the regulator."""
        return workshop_id in self.workshop_ids or bool(self.roles & {Role.OPERATOR, Role.REGULATOR})
