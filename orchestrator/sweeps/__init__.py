"""One file, one question: each has a function `sweep() -> Sweep`."""
