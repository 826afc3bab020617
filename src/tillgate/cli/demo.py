"""``tillgate demo``: the main job, end to end, in front of your eyes."""


def demo() -> None:
    """Not here yet."""
    raise NotImplementedError
