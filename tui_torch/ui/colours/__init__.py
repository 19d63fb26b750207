"""The colours of the screen: the theme's, made legible on its grounds, and apart from each other as they are shown."""
