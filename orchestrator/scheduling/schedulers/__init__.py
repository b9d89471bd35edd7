"""Who goes on: one file a scheduler, from the papers' arithmetic to decisions, as plain data.

Knows neither journal nor search, starts nothing and has no clock: it is told what trials reached,
and what it decides follows from that alone.
"""
