"""One run of a sweep, put together from the rooms below, and the record that it leaves.

Loads neither TensorFlow nor JAX; how to train is the trial's, what to decide the scheduler's.
"""
