"""The lesson screen and its panes: text, quiz, editor, output, replay bar, title bar and status line."""
