"""The library index: what is in the media folders and in Immich, and which files are one shot."""
