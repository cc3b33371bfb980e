"""What is kept of each Immich connection, and of the disks, while the server runs."""
