"""From tables and pictures to one page, and to the sweep's TensorBoard.

It reads a sweep's folder and writes down what stands there: it computes no result and draws no
picture. What is absent or damaged becomes a sentence, never an error.
"""
