"""Chapter 02: attention that summarises a sequence in K interest vectors, and the self-attention it is compared with.

``numpy.py`` is the reference; ``torch.py`` and ``paddle.py`` mirror it.
"""
