"""The pages: templates, what they are rendered with, and what the browser loads for them."""
