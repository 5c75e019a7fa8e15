"""Reading the sandbox's pages as a person would: valid HTML, one heading, labelled fields, forms to fill in."""

from __future__ import annotations

from xml.etree.ElementTree import Element

import html5lib
import httpx

UNLABELLED = {"hidden", "submit", "button"}


def read_page(answer: httpx.Response) -> Element:
    """The document; fails unless it is valid HTML5 in Chinese whose title starts with its only h1."""
    assert answer.headers["Content-Type"].startswith("text/html"), answer.headers["Content-Type"]
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    document: Element = parser.parse(answer.text)
    assert not parser.errors, parser.errors[:5]
    assert document.get("lang") == "zh-CN"
    assert (document.findtext(".//title") or "").startswith(heading(document))
    _check_labels(document)
    return document


def heading(document: Element) -> str:
    [only] = document.findall(".//h1")
    return "".join(only.itertext()).strip()


def link(document: Element, words: str) -> str:
    """Where the link with these words leads."""
    [found] = [each for each in document.iter("a") if "".join(each.itertext()).strip() == words]
    return found.attrib["href"]


def has_link(document: Element, words: str) -> bool:
    return words in ["".join(each.itertext()).strip() for each in document.iter("a")]


def people_on(document: Element) -> dict[str, str]:
    """The persons a page offers: nickname to the value of its radio button."""
    labels = [label for label in document.iter("label") if label.get("class") == "person"]
    found = {}
    for label in labels:
        [button] = label.iter("input")
        found["".join(label.itertext()).strip()] = button.attrib["value"]
    return found


def _check_labels(document: Element) -> None:
    inside = {id(field) for label in document.iter("label") for field in label.iter()}
    fields = [*document.iter("input"), *document.iter("textarea")]
    for field in fields:
        assert field.get("type") in UNLABELLED or id(field) in inside, f"{field.get('name')} has no label"
    for picture in document.iter("img"):
        assert picture.get("alt") is not None
