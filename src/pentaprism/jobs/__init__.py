"""What works while the server runs: the clock, the runner of mirrors, plans and notices."""
