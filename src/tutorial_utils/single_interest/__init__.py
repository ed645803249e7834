"""Chapter 01: attention that summarises a sequence in one user vector.

``numpy.py`` is the reference; ``torch.py`` and ``paddle.py`` mirror it.
"""
