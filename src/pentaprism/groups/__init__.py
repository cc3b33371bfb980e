"""Groups: which files belong to one shot. Pure rules over names, times and identifiers."""
