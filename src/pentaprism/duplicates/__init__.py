"""Files that show the same picture: found, compared, grouped, and one of them proposed to keep."""
