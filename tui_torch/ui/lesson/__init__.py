"""The lesson screen and its panes: the text, the quiz, the editor, the output, the replay bar, the two bars of words."""
