"""What counts as a web address: what a browser or the notifier can go to."""

from urllib.parse import urlsplit


def is_web_address(text: str) -> bool:
    """Whether this is a whole http or https address, with a host and a port that can be."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
