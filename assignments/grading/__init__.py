"""Build the assignments from their masters, and grade what a study group hands in."""
