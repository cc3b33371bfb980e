"""The places that mirrors write to: a contract, a registry, and a folder or file for each kind."""
