"""Groups as Immich's stacks: what would change, changing it, and taking it back."""
