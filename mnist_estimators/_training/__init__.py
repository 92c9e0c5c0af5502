"""Training a network: the plan, the loop, one step, and what follows each epoch."""
