"""Help with code that is being written: where the cursor is, which names there are, what is known of them."""
