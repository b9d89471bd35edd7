"""What comes after a sweep, in order (`steps.py`): one step, one file. Knows no Ray.

A step takes a `Postprocessing` and hands work that needs a net to its runner, as tasks. What a
worker does for a kind of task stands in the step's file too; `worker.TASKS` lists all kinds.
"""
