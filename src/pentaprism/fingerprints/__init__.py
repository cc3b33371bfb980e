"""What a picture or video looks like, in few bits, and how much two of them look alike."""
