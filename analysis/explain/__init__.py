"""Where the evidence for an answer was: one method a file, `catalogue.METHODS` names them."""
