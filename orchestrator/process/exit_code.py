"""With which code a command ends, and the one line that says why."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from orchestrator.errors import BadInput
from orchestrator.process.error_line import error_line, sentence
from orchestrator.process.terminal import STDOUT, escape_what_is_lacking, redirect_output
from results.errors import BadSetting, Busy, DamagedResults

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
"""Of every command of ours; 130 is a shell's own for Ctrl-C, 128 + SIGINT."""


def exit_code(command: Callable[[], int]) -> int:
    """A command's own code; where it raises, the code of that error and one line for the user.

    Returns:
        BAD_INPUT for BadInput, BadSetting, DamagedResults and Busy, INTERRUPTED for Ctrl-C, FAILED
        where the system or a store refuses. Other errors are raised: they are ours.
    """
    escape_what_is_lacking()
    try:
        return command()
    except (BadInput, BadSetting, DamagedResults, Busy) as error:
        print(f"error: {sentence(error)}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader, `head` for one, has had enough
        redirect_output(Path(os.devnull), [STDOUT])
        return DONE
    except OSError as error:  # a store that gives no answer, or none to this user
        print(f"error: {error_line(error)}", file=sys.stderr)
        return FAILED
