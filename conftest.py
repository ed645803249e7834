"""Let notebook kernels started by nbval compute the way those did that stored the outputs."""

import os
from contextlib import suppress

with suppress(ImportError):  # the book's tools are not installed where the package is tested alone
    from sidebyside.notebook import SAME_EVERYWHERE

    os.environ.update(SAME_EVERYWHERE)
