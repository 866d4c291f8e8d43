"""Ours against the plain way, one after the other in one process."""
