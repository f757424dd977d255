"""A small, invented homepage that embeds the booking as a town would, for trying out (``make run``)."""
