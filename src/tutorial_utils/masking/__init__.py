"""Chapter 04: padding masks, the softmax that respects them, and attention over every prefix of a sequence.

``numpy.py`` is the reference; ``torch.py`` and ``paddle.py`` mirror it.
"""
