"""Chapter 06: from interest vectors to a list of items.

``exact.py`` searches with NumPy alone, ``faiss.py`` does the same through Faiss. Framework-free: everything is NumPy.
"""

from tutorial_utils.serving.exact import aggregate, top_n

__all__ = ["aggregate", "top_n"]
