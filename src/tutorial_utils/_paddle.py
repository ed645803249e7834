"""Import Paddle without the noise its import makes.

``import paddle`` warns that ccache is missing, sets the root logger to INFO and gives it a handler on stderr. All three
leak into a notebook's stored output, so every module of this package takes Paddle from here.
"""

import logging
import warnings

_root = logging.getLogger()
_level, _handlers = _root.level, list(_root.handlers)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import paddle
_root.setLevel(_level)
_root.handlers[:] = _handlers

__all__ = ["paddle"]
