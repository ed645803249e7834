"""Chapter 06: trade a little of the score for a list of more categories.

``numpy.py`` is the reference, ``torch.py`` and ``paddle.py`` mirror it; ``others.py`` holds three rerankers to compare
with, in NumPy only. Importing this package imports no framework.
"""
