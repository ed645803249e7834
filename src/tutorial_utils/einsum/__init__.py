"""Einstein summation: what a spec says, the einsums of this book, and puzzles.

``notation`` reads a spec and explains it, ``numpy`` computes it as nested loops, ``plots`` draws it and ``puzzles``
asks for it. ``forms`` lists the nine forms and the einsums of this book; ``numpy``, ``torch`` and ``paddle`` spell each
of them without einsum.
"""
