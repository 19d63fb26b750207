"""What keys do on the lesson screen, and what that depends on."""
