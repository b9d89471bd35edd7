"""One run of a sweep, put together from the rooms below, and the record that it leaves.

Imports neither TensorFlow nor JAX, and Ray through `on_ray` alone; how to train is the trial's,
what to decide the scheduler's.
"""
