"""Scripts: where the `# %%` marks divide a file, and the cells between them."""
