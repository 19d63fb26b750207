"""Rules of single kinds of layers: recurrent ones, attention, and the sizes that a layer is made with."""
