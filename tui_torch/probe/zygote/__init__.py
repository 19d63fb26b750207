"""A process that has imported all that a kernel needs, runs nothing of it, and forks kernels when it is asked to.

`forking` is its loop, `preloading` what it imports, `rebirth` what makes a fork as fresh as a process that was spawned.
"""
