"""What a compiled program is specific to, and compiling it before a trial needs it."""
