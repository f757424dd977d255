"""The settings of the running service, read from its environment, and how its processes run."""
