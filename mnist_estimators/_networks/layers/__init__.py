"""The kinds of layers: one entry for each, in the file of its family."""
