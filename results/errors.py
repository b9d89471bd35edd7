"""What may be wrong with results; here because a command tells these errors without reading any.

So nothing is imported: `results.store`, which raises them, brings pyarrow along.
"""


class DamagedResults(ValueError):
    """A file of results is absent or cannot be read: which one, how, and what to do."""


class BadSetting(ValueError):
    """A variable of the environment has a value that cannot be: which one, and what is expected."""


class Busy(RuntimeError):
    """Another process writes this sweep: which one, and what to do."""


class JournalLost(OSError):
    """The journal went while its sweep was running: how, what is left, and what to do.

    Attributes:
        gone: whether the sweep's folder is no longer where it was, so that nothing is to be written
            there; else the journal was cut, or deleted and written again.
    """

    def __init__(self, message: str, gone: bool = False) -> None:
        super().__init__(message)
        self.gone = gone
