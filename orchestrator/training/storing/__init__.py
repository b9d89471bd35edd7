"""What a trial leaves on the disk or in a store, and when it is written."""
