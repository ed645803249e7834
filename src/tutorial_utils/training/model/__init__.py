"""The models that the training loop trains: ComiRec-SA and its baseline, mean pooling."""
