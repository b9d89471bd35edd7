"""Entry points: python -m jobs.NAME."""

import orchestrator  # noqa: F401  (settles how Ray authenticates, before anything imports Ray)
