"""What comes after a sweep, in order: choose, answer, explain, draw, report. Knows no Ray.

Each stage takes a `Job` and hands work that needs a net to `Job.work`, which a test can do in its
own process and the command does on Ray.
"""
