"""A product's pictures: added behind, moved forward, removed; all or none."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session, scoped_session

from core.errors import InvalidInput, NotFound
from domain.products import pictures
from domain.products.models import ListingStatus, Product
from tests.factories.accounts import make_owner
from tests.factories.pictures import make_picture
from tests.factories.products import make_product
from tests.factories.workshops import make_workshop

pytestmark = pytest.mark.usefixtures("session")
Red, Green, Blue = (make_picture(color=color) for color in ("red", "green", "blue"))


@pytest.fixture
def uploader(session: scoped_session[Session]) -> int:
    return make_owner(make_workshop()).id


@pytest.fixture
def product(session: scoped_session[Session]) -> Product:
    return make_product(status=ListingStatus.DRAFT)


def test_pictures_are_kept_in_order_and_the_same_one_once(product: Product, uploader: int) -> None:
    pictures.add_pictures(product, [Red, Green, Red], uploader)
    pictures.add_pictures(product, [Green, Blue], uploader)
    first, second, third = product.pictures
    assert first.startswith("/pictures/")
    pictures.move_picture_forward(product, third)
    assert product.pictures == [first, third, second]
    pictures.move_picture_forward(product, first)
    assert product.pictures == [first, third, second]
    pictures.remove_picture(product, first)
    assert product.pictures == [third, second]


def test_one_bad_picture_keeps_all_out(product: Product, uploader: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        pictures.add_pictures(product, [Red, b"GIF89a not a picture"], uploader, "pictures")
    assert set(refused.value.fields) == {"pictures"}
    assert product.pictures == []


def test_nothing_and_too_many_are_refused(product: Product, uploader: int) -> None:
    for contents in ([], [Red] * 10):
        with pytest.raises(InvalidInput) as refused:
            pictures.add_pictures(product, contents, uploader)
        assert set(refused.value.fields) == {"pictures"}
    assert product.pictures == []


def test_a_product_on_sale_keeps_its_last_picture(product: Product, uploader: int) -> None:
    pictures.add_pictures(product, [Red], uploader)
    product.status = ListingStatus.ON_SALE
    with pytest.raises(pictures.LastPictureOnSale):
        pictures.remove_picture(product, product.pictures[0])
    assert len(product.pictures) == 1


def test_only_its_own_pictures_can_be_moved_or_removed(product: Product) -> None:
    for act in (pictures.remove_picture, pictures.move_picture_forward):
        with pytest.raises(NotFound):
            act(product, "/pictures/" + "0" * 64)
