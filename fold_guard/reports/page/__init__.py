"""What stands on the HTML page: words, rows and numbers, ready for the template."""
