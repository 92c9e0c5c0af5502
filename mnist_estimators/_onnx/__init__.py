"""ONNX graphs from layer descriptions and weights, and checked ONNX files."""
