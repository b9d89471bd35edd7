"""What TensorFlow and JAX do in ways of their own: compiling a program, and taking gradients.

One file a backend, named in `catalogue.BACKENDS`. Everything else in this room's neighbours is made
of Keras' operations. It knows nothing of what a program computes.
"""
