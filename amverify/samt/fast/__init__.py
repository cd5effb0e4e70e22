"""Faster ways to SAMT's sweep, each with a slow twin: chains of layers, compiled loops."""
