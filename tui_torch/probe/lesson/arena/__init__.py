"""What the problems of the arena ask of an answer: drawn inputs, rules about its code, its time and memory."""
