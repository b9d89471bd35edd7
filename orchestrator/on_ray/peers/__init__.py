"""Ray Tune's own schedulers behind our contract, to be measured beside ours on recorded curves.

No sweep uses them.
"""
