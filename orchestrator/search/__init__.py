"""Which configuration to try next: the space, and the strategies that are asked and answered.

Knows neither what a trial is doing now nor who goes on.
"""
