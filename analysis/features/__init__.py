"""What the nets have learned, without asking about one image: filters, maps, ideal images."""
