"""Resolving duplicates in Immich: planned, done, verified, and taken back."""
