"""Networks as plain data, and the Keras models that are built from them."""

from .specs import LayerSpec as LayerSpec  # model files name it here
