"""What a worker does with one member and some images; Keras is loaded with the first net."""
