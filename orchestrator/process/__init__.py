"""What every process of ours has: exit codes, signals, a terminal, a progress bar, a machine.

Knows nothing of sweeps, trials and data sets, and starts no Ray.
"""
