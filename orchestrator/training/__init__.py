"""One trial's training: an epoch is one compiled program."""
