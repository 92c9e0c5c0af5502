"""Networks as plain data, and the Keras models that are built from them."""
