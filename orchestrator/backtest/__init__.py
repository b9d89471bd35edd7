"""How sweeps would have gone on recorded curves: the real scheduler, and a clock in place of nets.

Trains nothing, knows no Ray, has no rule of its own of who goes on: that is `scheduling`'s.
"""
