"""One check a file, and the catalogue that lists them."""
