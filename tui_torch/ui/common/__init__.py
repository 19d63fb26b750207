"""What several panes and screens use: the footer, fields for one line, Markdown, scroll bars."""
