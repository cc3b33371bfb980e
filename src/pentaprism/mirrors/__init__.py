"""Mirrors: what should be at a destination, and making it so."""
