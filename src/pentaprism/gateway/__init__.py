"""The gateway in front of Immich.

It passes every client's requests on unchanged, and adds what Pentaprism knows to the replies that
show assets.
"""
