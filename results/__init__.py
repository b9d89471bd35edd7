"""The contract between those who write results and those who read them: names, columns, stores.

Knows neither what trains nor what judges, and imports nothing of ours.
"""
