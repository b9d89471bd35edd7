"""With which code a command ends, and the one line that says why."""

import os
import sys
from collections.abc import Callable

from orchestrator.errors import BadInput
from orchestrator.process.terminal import (
    in_words,
)
from results.journal.event_journal import Busy
from results.store import DamagedResults

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


def exit_code(act: Callable[[], int]) -> int:
    """What an act gives; where it raises, one line for the user and the code that belongs to it."""
    try:
        return act()
    except (BadInput, DamagedResults, Busy) as error:
        print(f"error: {error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader, `head` for one, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except OSError as error:  # a store that gives no answer, or none to this user
        print(f"error: {in_words(error)}", file=sys.stderr)
        return FAILED
