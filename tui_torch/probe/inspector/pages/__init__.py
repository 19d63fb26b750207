"""The views of one value that the inspector can ask for, a module for each page of the screen."""
