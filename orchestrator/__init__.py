"""From a question to a table of trained trials; read `config`, `request`, `plan`, then `sweep`.

Knows nothing of what is made of the tables: neither `analysis` nor `jobs` nor `cluster`.
"""

import os

from orchestrator.process.surroundings import local_path, own_packages

# Ray reads this once, while it is being imported, so it must stand here: before any of our modules
# can import it. Without it a cluster that Ray starts or joins may be open to everybody.
os.environ.setdefault("RAY_AUTH_MODE", "token")

# Before anything else of ours: a module of the user's may have one of our names.
own_packages.pin()
local_path.settle_home()
