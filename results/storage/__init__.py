"""Where bytes lie and how they get there whole: places, buckets, retries, replacing a file at once.

Knows nothing of sweeps, tables and journals.
"""
