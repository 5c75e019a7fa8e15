"""Each product has its own picture, drawn the same every time, and only what changed is drawn again."""

import json
import re
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from demo.content import reading
from demo.illustrations import collection, geometry, lettering, marks, palette, rendering, writing
from demo.illustrations.sheet import Picture, Sheet

SUBJECTS = list(collection.subjects())


def subject(slug: str) -> collection.Subject:
    return next(each for each in SUBJECTS if each.slug == slug)


def test_every_product_member_and_brand_has_a_picture_and_nothing_else_does() -> None:
    drawn = {(each.folder, each.slug) for each in SUBJECTS}
    content = reading.read_content()
    wanted = {("products", product.slug) for product in content.products}
    wanted |= {("products", slug) for product in content.products for slug in product.pictures}
    wanted |= {("workshops", workshop.slug) for workshop in content.workshops if workshop.member}
    wanted |= {("brands", product.brand) for product in content.products}
    assert drawn == wanted
    assert len(drawn) == len(SUBJECTS)


def test_every_category_has_an_icon() -> None:
    icons = {name for name in marks.marks() if name.startswith("categories/")}
    assert icons == {f"categories/{category.slug}.svg" for category in reading.read_categories()}


def test_no_two_pictures_have_the_same_source_and_each_is_drawn_the_same_twice() -> None:
    first = [writing.digest(each.paint()) for each in SUBJECTS]
    assert len(set(first)) == len(first)
    assert [writing.digest(each.paint()) for each in SUBJECTS[:6]] == first[:6]


def test_pictures_of_one_shelf_look_different() -> None:
    slugs = ("sidatong-three-year", "sidatong-five-year", "shige-sweet-gourd", "laojie-winter-jar")
    small = [rendering.render(subject(slug).paint()).resize((64, 64)) for slug in slugs]
    for i, one in enumerate(small):
        for other in small[i + 1 :]:
            assert sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3 > 12


def test_a_rendered_picture_is_opaque_full_size_and_neither_dark_nor_washed_out() -> None:
    image = rendering.render(subject("neifang-black-tofu").paint())
    assert image.mode == "RGB"
    assert image.size == (800, 800)
    brightness = ImageStat.Stat(image.convert("L"))
    assert 70 < brightness.mean[0] < 210
    assert brightness.stddev[0] > 15


def test_the_writer_writes_what_is_missing_or_changed_and_leaves_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = [subject("laojie-tasting-trio"), subject("hong")]
    monkeypatch.setattr(collection, "subjects", lambda: iter(two))
    paths = writing.write_all(tmp_path)
    assert sorted(path.relative_to(tmp_path).as_posix() for path in paths) == [
        "brands/hong-1200.webp",
        "brands/hong-800.webp",
        "products/laojie-tasting-trio-400.webp",
        "products/laojie-tasting-trio-800.webp",
    ]
    with Image.open(tmp_path / "products/laojie-tasting-trio-400.webp") as image:
        assert image.size == (400, 400)
    with Image.open(tmp_path / "brands/hong-800.webp") as image:
        assert image.size == (800, 400)

    before = {path: path.stat().st_mtime_ns for path in paths}
    (tmp_path / "brands/hong-800.webp").unlink()
    record = json.loads((tmp_path / writing.RECORD).read_text(encoding="utf-8"))
    writing.write_all(tmp_path)
    changed = {path.name for path in paths if path.stat().st_mtime_ns != before[path]}
    assert changed == {"hong-800.webp", "hong-1200.webp"}

    record["products/laojie-tasting-trio-0.webp"] = "another source"
    record["source"] = "another room"
    (tmp_path / writing.RECORD).write_text(json.dumps(record), encoding="utf-8")
    before = {path: path.stat().st_mtime_ns for path in paths}
    writing.write_all(tmp_path)
    changed = {path.name for path in paths if path.stat().st_mtime_ns != before[path]}
    assert changed == {"laojie-tasting-trio-800.webp", "laojie-tasting-trio-400.webp"}


def test_nothing_is_drawn_when_nothing_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collection, "subjects", lambda: iter([subject("zhengda-mochi")]))
    writing.write_all(tmp_path)

    def refuse(picture: Picture) -> Image.Image:
        raise AssertionError("drawn again")

    monkeypatch.setattr(rendering, "render", refuse)
    monkeypatch.setattr(writing, "digest", refuse)
    assert len(writing.write_all(tmp_path)) == 2


def test_a_broken_record_means_drawing_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collection, "subjects", lambda: iter([subject("zhengda-mochi")]))
    (tmp_path / writing.RECORD).write_text("{", encoding="utf-8")
    assert all(path.exists() for path in writing.write_all(tmp_path))


def test_a_picture_for_a_phone_is_light(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collection, "subjects", lambda: iter([subject("banlixu-alkaline-noodles")]))
    _, small = writing.write_all(tmp_path)
    assert small.stat().st_size < 30_000


def test_the_committed_marks_are_what_the_code_draws() -> None:
    for name, sheet in marks.marks().items():
        assert (marks.DIRECTORY / name).read_text(encoding="utf-8") == sheet.svg(), name


@pytest.mark.parametrize("name", sorted(marks.marks()))
def test_marks_are_plain_paths_that_render(name: str) -> None:
    sheet = marks.marks()[name]
    assert not re.search(r"<(text|image|script|style|filter)", sheet.svg())
    alpha = rendering.rasterize(sheet).getchannel("A")
    assert ImageStat.Stat(alpha).mean[0] > 25


def test_the_seal_is_white_on_lacquer_red() -> None:
    seal = rendering.rasterize(marks.marks()["seal.svg"], 192).convert("RGB")
    data = seal.tobytes()
    pixels = list(zip(data[::3], data[1::3], data[2::3], strict=True))
    red = sum(1 for r, g, b in pixels if r > 140 and g < 60 and b < 70) / len(pixels)
    white = sum(1 for r, g, b in pixels if min(r, g, b) > 240) / len(pixels)
    assert 0.35 < red < 0.75
    assert 0.2 < white < 0.5


def test_characters_become_paths_of_the_packaged_font() -> None:
    assert lettering.FONT.exists()
    assert lettering.glyph("酒", 0, 0, 100).startswith("M")
    assert lettering.glyph("酒", 0, 0, 100) != lettering.glyph("豆", 0, 0, 100)
    with pytest.raises(KeyError):
        lettering.glyph("\U000e0000", 0, 0, 100)


def test_geometry_keeps_its_promises() -> None:
    circle = geometry.ellipse(0, 0, 10, 10)
    assert all(abs((x * x + y * y) ** 0.5 - 10) < 1e-9 for x, y in circle)
    assert geometry.center(circle) == pytest.approx((0, 0), abs=1e-9)
    line = geometry.resample([(0, 0), (10, 0), (10, 10)], 5)
    assert line == [(0, 0), (5, 0), (10, 0), (10, 5), (10, 10)]
    assert geometry.straight([(0, 0), (1, 0), (0, 1)]) == "M0.0 0.0L1.0 0.0L0.0 1.0Z"


def test_colors_mix_in_even_steps() -> None:
    assert palette.mix("#000000", "#FFFFFF", 0.5) == "#808080"
    assert palette.mix(palette.LACQUER, palette.PAPER, 0) == palette.LACQUER


def test_a_sheet_escapes_nothing_because_it_draws_only_paths() -> None:
    sheet = Sheet(10, 10, "any")
    sheet.fill([(0, 0), (10, 0), (10, 10)], palette.INK, angular=True)
    assert rendering.rasterize(sheet).getpixel((8, 2)) == (0x24, 0x20, 0x1C, 255)
