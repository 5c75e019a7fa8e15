"""Every picture we have, by the file it becomes."""

from collections.abc import Iterator
from dataclasses import dataclass

from demo.illustrations.scenes import brands, cakes, gifts, meat, noodles, tofu, wine, workshops
from demo.illustrations.sheet import Picture, Scene


@dataclass(frozen=True)
class Subject:
    """One picture: its folder and name, its scene, and the widths it is written in, largest first."""

    folder: str
    slug: str
    scene: Scene
    width: int
    height: int
    widths: tuple[int, ...]

    def paint(self) -> Picture:
        """The picture, drawn anew and always the same."""
        picture = Picture(self.scene.backdrop, f"{self.folder}/{self.slug}", self.width, self.height)
        if self.scene.focus[2] != 1:
            picture.focus(*self.scene.focus)
        self.scene.draw(picture)
        return picture

    def file(self, width: int) -> str:
        """The file of one width, below the directory of generated files."""
        return f"{self.folder}/{self.slug}-{width}.webp"


PRODUCT_SHELVES = (wine.SCENES, tofu.SCENES, cakes.SCENES, meat.SCENES, noodles.SCENES, gifts.SCENES)


def subjects() -> Iterator[Subject]:
    """Products, then workshops, then brands."""
    for shelf in PRODUCT_SHELVES:
        for slug, scene in shelf.items():
            yield Subject("products", slug, scene, 800, 800, (800, 400))
    for slug, scene in workshops.SCENES.items():
        yield Subject("workshops", slug, scene, 800, 800, (800, 400))
    for slug, scene in brands.SCENES.items():
        yield Subject("brands", slug, scene, 1200, 600, (1200, 800))
