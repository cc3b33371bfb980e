"""A pool of processes that read files, so that a hostile one can end only one of them."""
