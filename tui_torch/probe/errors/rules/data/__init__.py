"""Errors of data: datasets, loaders, batches and splits."""
