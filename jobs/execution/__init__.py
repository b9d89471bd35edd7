"""What jobs do that takes seconds to import; their commands import it once their words are read."""
