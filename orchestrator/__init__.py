"""From a question to a table of trained trials.

In reading order: `config` says what a trial, a budget and a sweep are; `sweeps` asks questions;
`plan` works one out; `scheduler` decides which trial runs and which goes on, `ledger` remembers it;
`scheduling` and `trial` are the two places that Ray talks to; `training` trains; `sweep` is the
command.
"""

import os

# Ray reads this once, while it is being imported, so it must stand here: before any of our modules
# can import it. Without it a cluster that Ray starts or joins may be open to everybody.
os.environ.setdefault("RAY_AUTH_MODE", "token")
