"""Entry points: `python -m jobs.NAME`."""
