"""What every view of the pretend WeChat works with: settings, clock, memory, keys, postman."""

from dataclasses import dataclass

from flask import current_app

from sandbox.clock import Clock
from sandbox.keyring import Keyring
from sandbox.notifier import Notifier
from sandbox.orders import Till
from sandbox.settings import Settings
from sandbox.store import Store


@dataclass(frozen=True)
class World:
    settings: Settings
    clock: Clock
    store: Store
    keys: Keyring
    notifier: Notifier

    @property
    def till(self) -> Till:
        return Till(self.store, self.clock, self.keys, self.notifier)

    def close(self) -> None:
        """Stop sending and let go of the directory; what is pending is sent by the next start."""
        self.notifier.stop()
        self.store.close()


def world() -> World:
    """The world of the running app."""
    here = current_app.extensions["sandbox"]
    assert isinstance(here, World)
    return here
