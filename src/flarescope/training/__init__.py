"""Fit: networks on images, the history rate on flare lists, the fusion on both."""
