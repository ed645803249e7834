"""Measured comparisons with peers and their dated results; never part of the test run."""
