"""The only room that runs Ray: sessions, trials, worker processes, and Tune asking our scheduler.

Decides nothing and shows nothing: that is `scheduling`'s and `monitor`'s.
"""
