"""The tested modules behind the book *Multi-Interest Recall, Side by Side*.

One chapter, one module folder. Inside a folder, ``numpy.py`` is the plain reference and ``torch.py`` and ``paddle.py``
mirror it. Importing this package, or any folder of it, imports no deep-learning framework.
"""

from tutorial_utils.runtime import setup

__all__ = ["setup"]
__version__ = "0.1.0"
