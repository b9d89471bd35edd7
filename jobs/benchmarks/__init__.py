"""What `python -m jobs.benchmark` measures: a file a group of rows, a dictionary of benchmarks."""
