"""The one exception that is meant for the person at the keyboard."""


class BadInput(ValueError):
    """Something given to us cannot be used.

    The message is one clear sentence or two: which file, where in it, what was found, what was
    expected, what to do. Commands print it on standard error and exit with code 2, without a
    traceback.
    """
