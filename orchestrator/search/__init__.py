"""Which configuration to try next: the space, and the strategies that suggest from it and learn.

Knows neither what a trial is doing now nor who goes on, and starts no Ray.
"""
