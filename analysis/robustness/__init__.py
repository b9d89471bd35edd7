"""How answers hold when images get worse: corruptions of growing strength, and kinds of light.

Knows arrays of images and of answers; builds no net. Of people in the images nothing is guessed.
"""
