"""Plans and fold maps: make, save, load, compare with data."""
