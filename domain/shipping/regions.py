"""Where a parcel goes, as freight sees it: a province, or a city of it, whatever ending people type."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# The longest first: 广西壮族自治区 is 广西, not 广西壮族.
_ENDINGS = ("维吾尔自治区", "壮族自治区", "回族自治区", "特别行政区", "自治区", "自治州", "地区", "省", "市")


@dataclass(frozen=True, slots=True)
class Destination:
    """The structured part of an address that freight depends on."""

    province: str
    city: str

    @property
    def text(self) -> str:
        return self.province if self.province == self.city else f"{self.province}{self.city}"


HOME = Destination("福建省", "漳州市")
"""Where the workshops are: what a cart without an address estimates its freight for."""


def normal_region(text: str) -> str:
    """`福建省/漳州市`, `福建／漳州` → `福建/漳州`: a region as it is compared."""
    parts = [plain_name(part) for part in text.replace("／", "/").split("/")]
    return "/".join(part for part in parts if part)


def plain_name(name: str) -> str:
    """A province or city without its ending; a name that is all ending stays."""
    name = name.strip()
    ending = next((each for each in _ENDINGS if name.endswith(each)), "")
    return name.removesuffix(ending) or name


def closeness(regions: Iterable[str], destination: Destination) -> int:
    """How closely `regions` (normal ones) name the destination: 2 its city, 1 its province, 0 not at all."""
    province, city = plain_name(destination.province), plain_name(destination.city)
    return max(({f"{province}/{city}": 2, province: 1}.get(region, 0) for region in regions), default=0)
