"""What a process of ours finds around it: a home folder, a working folder, the user's own modules.

Knows nothing of sweeps.
"""
