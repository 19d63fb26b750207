"""Running the learner's code in another process, and what that process says, as typed events.

This file stays empty of imports: the kernel process itself imports `tui_torch.protocol.events`.
"""
