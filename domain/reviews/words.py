"""A list of words of our own, for texts that WeChat can't check: touting, gambling, porn, abuse, crime.

It is no judge: a text with one of them waits for a person.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

_WORDS = tuple(Path(__file__).with_name("doubtful_words.txt").read_text(encoding="utf-8").split())
_NOISE = re.compile(r"[\s\W_]+")
_CONTACT = re.compile(r"https?://|www\.|[a-z0-9]+\.(?:com|cn|net|top|xyz)\b|[0-9]{7,}|1[3-9](?:[\s\-]?[0-9]){9}")


def has_doubtful_words(text: str) -> bool:
    """Whether a person should look at `text` before others see it: a listed word, an address, or a phone number.

    Full-width letters, capitals, blanks and signs between the characters hide nothing.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    bare = _NOISE.sub("", plain)
    return bool(_CONTACT.search(plain)) or any(word in bare for word in _WORDS)
