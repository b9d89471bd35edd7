"""Faces and maps as pictures that people can read, made with NumPy and Pillow.

A picture is made of arrays and tables that it is given: it computes no map, loads no net and does
not know where it will be shown. A sweep's folder is read by `Evidence.of_ensemble` alone, and
written by `write_pictures` alone.
"""
