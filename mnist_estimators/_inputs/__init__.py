"""Checks of what users give: images, labels, weights, parameters and files."""
