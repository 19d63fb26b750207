"""What can be said of a training by its series of numbers alone, whoever has recorded them."""
