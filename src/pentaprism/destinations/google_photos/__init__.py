"""Albums in Google Photos."""
