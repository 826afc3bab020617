"""The bells between a commit and the workers that have something to do because of it."""

from tillgate.store.bell import Bell


class Wake(Bell):
    """Rung where there are webhooks to send.

    Attributes:
        jobs: rung where there are jobs to run.
    """

    def __init__(self) -> None:
        super().__init__()
        self.jobs = Bell()
