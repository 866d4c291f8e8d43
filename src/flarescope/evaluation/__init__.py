"""Suites: which hours, which rivals, which split, and the numbers made from them."""
