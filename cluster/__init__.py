"""How the sweeps come to a cluster: its descriptions and their check, jobs submitted, faults.

Nobody else imports it: what runs on a cluster must not know how it came there.
"""
