"""What pages and the API say about mirrors, as plain values."""
