"""Chapter 07: a training that wastes little: every position of a window trains, on the score that is served.

``numpy.py`` holds the loss as reference; ``torch.py`` and ``paddle.py`` mirror it and add what learns. ``batches.py``
makes the arrays of a step, ``cooccurrence.py`` the first item table, and ``recipe.py`` says how it all is set; none of
them needs a framework.
"""
