"""The contract between those who write results and those who read them."""
