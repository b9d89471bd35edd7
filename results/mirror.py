"""Being written."""


class Mirror:
    """Being written."""
