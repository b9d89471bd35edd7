"""What every process of ours has: exit codes, signals, a terminal, a machine, secrets to keep.

Knows nothing of sweeps and trials.
"""
