"""The coach: watches a run, and says what an experienced colleague would say looking over the learner's shoulder."""
