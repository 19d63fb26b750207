"""What the output pane shows, in words: for the pane itself and for the help screen."""

from __future__ import annotations

OUTPUT_HELP = """\
## Output

What the code printed; what it wrote to stderr is slanted. After `→` stands the value of the last line. Of an error you
see your own lines, the outermost first; below it, often, what it means here, what your line names, and a mend that was
tried on tensors of the same shapes. Below the output, the coach says what went wrong without an error, and at which
line; {mend} shows the line mended, and hides it again. Control characters are written out (`␛[2J`), so that nothing
printed can disturb the screen. What goes to stdout and to stderr stands on lines of its own, as it was written, and a
progress bar stays below what is printed meanwhile. Of a long output the first 500 and the last 2,000 lines are kept.

What Matplotlib draws is shown where it was drawn, two pixels in a cell, and so is any PNG, JPEG or GIF that is
displayed or the value of the last line; without colours it is dots, and with `--ascii` a file whose path is told.
{figure}, or a click, shows it over the whole screen, where {figure-screen.save} saves it as it was drawn. A figure that
is drawn again, after `clear_output(wait=True)` or by a `display_id`, takes the place of the one before. The last 30 of
a run are kept.

`up`, `down`, `pageup`, `pagedown`, `home` scroll; `end` goes to the newest line and stays with it.
"""
