"""What a job's entrypoint asks for, read from its command line."""

import shlex
from dataclasses import dataclass

JOBS = ("prepare", "sweep", "refit", "postprocess", "pipeline")
NAMED = ("sweep", "refit", "pipeline")
"""Jobs that write into a folder with a name, and go on with it."""


@dataclass(frozen=True)
class Entrypoint:
    """A command line such as `python -m jobs.sweep architectures --name first`.

    Attributes:
        job: name of the module in `jobs`; empty where it is something else.
        flags: value of each flag, without the hyphens; empty text where it has none.
    """

    job: str
    flags: dict[str, str]

    @classmethod
    def of(cls, command: str) -> "Entrypoint":
        """Read from a command; ValueError where a quotation mark is left open."""
        words = shlex.split(command)
        modules = [w.removeprefix("jobs.") for w in words if w.startswith("jobs.")]
        flags = {}
        for word, following in zip(words, [*words[1:], "--"], strict=True):
            if word.startswith("--"):
                name, equals, value = word[2:].partition("=")
                bare = "" if following.startswith("--") else following
                flags[name] = value if equals else bare
        return cls(modules[0] if modules else "", flags)

    def number(self, flag: str) -> float | None:
        """A flag's value as a number; None where it is absent or no number."""
        try:
            return float(self.flags[flag])
        except (KeyError, ValueError):
            return None
