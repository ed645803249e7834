"""Chapter 05: the model ComiRec-SA, its losses, the training loop, evaluation and checkpoints.

``numpy.py`` holds the losses as reference; ``torch.py`` and ``paddle.py`` mirror them and add what learns.
"""
