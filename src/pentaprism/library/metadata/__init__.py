"""Reading metadata inside a worker process: nothing here is imported by the program itself."""
