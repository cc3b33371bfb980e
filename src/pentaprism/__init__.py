"""Pentaprism: a companion for self-hosted Immich photo servers."""

__version__ = "0.1.0"
