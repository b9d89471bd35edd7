"""The one exception that is meant for the person at the keyboard."""


class BadInput(ValueError):
    """Something given to us cannot be used.

    The message is one clear sentence or two: which file, where in it, what was found, what was
    expected, what to do. Commands print it on standard error and exit with code 2, without a
    traceback.
    """


LONGEST = 600
"""Letters of an exception that a line for the user shows at most."""


def printable(text: str) -> str:
    r"""The text with an escape for each character that would steer a terminal, e.g. \x1b."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def printable_lines(text: str) -> str:
    """The same for text of several lines, which stay lines."""
    return "\n".join(map(printable, text.split("\n")))


def shortened(text: str, longest: int = LONGEST) -> str:
    """The text, its middle left out where it is longer than `longest` letters."""
    if len(text) <= longest:
        return text
    return f"{text[: longest // 2]} ... {text[-(longest // 2) :]}"


def cause(error: BaseException) -> str:
    """What a library says of an error, fit for a sentence: it may quote names of any length."""
    return shortened(str(error), 200)


def shown(value: object) -> str:
    """A value of the user's as Python writes it, fit for a sentence, whatever it is."""
    try:
        text = repr(value)
    except Exception:  # a whole number of 5,000 digits for one
        text = f"a value of type {type(value).__name__} that cannot be written"
    return shortened(printable(text), 200)
