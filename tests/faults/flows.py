"""What takes several steps and can be killed at each; `Queued`: by jobs that wait in the queue."""

from __future__ import annotations

from tests.faults.stage import Stage

AT_WECHAT = "wechat: has done it, and answers late"


class Flow:
    """Something that takes several steps, for as many subjects as there are steps."""

    steps: tuple[str, ...]
    is_serial = False
    """Whether one subject at a time comes through: then each step is a kill of its own."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def prepare(self) -> None:
        raise NotImplementedError

    def begin(self, place: int) -> None:
        """The request of a subject, or what makes the worker begin."""
        raise NotImplementedError

    def repeat(self, place: int) -> None:
        """What whoever heard nothing does."""
        self.begin(place)

    def is_known_at_wechat(self, place: int) -> bool:
        raise NotImplementedError

    def check(self) -> None:
        """It happened once for every subject."""
        raise NotImplementedError


class Queued(Flow):
    """The worker: jobs that the shop wrote. Each is written once more when its turn has come, so each runs twice."""

    def hold(self) -> None:
        self.stage.shop.sql(
            "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 day' WHERE status = 'todo'"
        )

    def let_go(self) -> None:
        self.stage.shop.sql("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
