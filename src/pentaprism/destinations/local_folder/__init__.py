"""A mirror in a folder on disk: verified files, safe to kill, and nothing ever overwritten.

What Pentaprism keeps for itself lies in ``.pentaprism/`` below the folder: the marker
(``mirror.json``), the lock, files that are being written (``tmp/``) and the trash (``trash/``).
"""
