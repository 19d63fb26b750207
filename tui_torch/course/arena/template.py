"""The problem that `tui-torch new --problem` writes: complete as it is, with comments where an author fills in."""

from __future__ import annotations

PROBLEM = """\
# A problem from scratch: one thing to write, and checks that look for the smallest input on which an answer fails.
# It is complete as it is. Replace it piece by piece:
#   tui-torch launch FILE    shows it, and again each time you save it
#   tui-torch check FILE     proves that right answers pass, and that each mistake fails by its check
schema: 1
id: "LESSON-ID"          # the file's name without .yaml
title: LESSON-TITLE
summary: Numbers outside of two bounds become the nearer bound.
minutes: 5
difficulty: easy         # easy: a few lines; medium: some thought; hard: an evening
tags: [elementwise]      # words by which it is found
setup: |                 # what the answer may use
  import torch

steps:
  - id: solve            # one step, an exercise
    kind: exercise
    title: LESSON-TITLE
    text: |              # names, shapes, the awkward cases; never how
      Write `clip(x, low, high)`: every number of `x` that is below `low`
      becomes `low`, and every one above `high` becomes `high`.

      `x` has any shape. Between -1 and 1, `[-3, 0.5, 3]` is `[-1, 0.5, 1]`.
    starter: |
      def clip(x, low, high):
          return x
    solution: |
      def clip(x, low, high):
          # NaN compares as false, and stays.
          x = torch.where(x < low, low, x)
          return torch.where(x > high, high, x)
    forbid: [clamp, clip, hardtanh, clamp_]   # whatever the path: torch.clamp, x.clamp
    loops: forbidden
    # require: [where]   # has to be used
    # statements: 2      # at most, besides imports and def lines
    # reference: |       # helpers of the checks, which the answer cannot call
    checks:
      - name: the numbers
        for_all:         # drawn for each example, and shrunk to the smallest that fails
          n: [1, 4]                                    # a whole number
          x: {shape: [n, 2], values: [-5, 5]}          # a tensor; also dtype, special, distinct, layout
          low: {one_of: [-1.0, 0.0]}
          high: "low + 2"                              # an expression of those above
        call: clip(x, low, high)
        equals: torch.clamp(x, low, high)              # without it: what the solution gives
        hint: "Two comparisons: one with each bound."
      - name: the gradient
        for_all:
          x: {shape: [4], values: [-5, 5], dtype: float64, distinct: true}
        call: clip(x, -1.3, 1.3)
        equals: torch.clamp(x, -1.3, 1.3)
        gradients: [x]
        hint: "Outside of the bounds it is 0."
      - name: numbers that are none
        hidden: true     # named only when it fails
        for_all:
          x: {shape: [3], special: [.nan, .inf, -.inf]}
        call: clip(x, -1.0, 1.0)
        equals: torch.clamp(x, -1.0, 1.0)
        hint: "NaN stays NaN."
    measure:             # shown once an answer is right
      inputs: {x: "torch.randn(100_000)"}
      call: clip(x, -1.0, 1.0)
      against: torch.clamp(x, -1.0, 1.0)
    hints:               # a nudge, a bigger nudge, nearly the line
      - "For each bound: which numbers are beyond it, and what becomes of them?"
      - "`torch.where` takes a condition, and what to take where it holds and where it does not."
      - "`torch.where(x < low, low, x)`, and the same for the other bound."
    also:                # right answers in other styles, three or more
      - |
        def clip(x, low, high):
            return x.maximum(torch.full_like(x, low)).minimum(torch.full_like(x, high))
      - |
        def clip(x, low, high):
            y = x.clone()
            y[x < low] = low
            y[x > high] = high
            return y
      - |
        def clip(x, low, high):
            return x.masked_fill(x < low, low).masked_fill(x > high, high)
    mistakes:            # wrong answers that people give, three or more, each with the check that it fails
      - code: |
          def clip(x, low, high):
              return torch.where(x < low, low, high)
        fails: the numbers
        says: "What lies between the bounds stays as it is."
      - code: |
          def clip(x, low, high):
              x[x < low] = low
              x[x > high] = high
              return x
        fails: the numbers
        says: "That writes into the caller's tensor."
      - code: |
          def clip(x, low, high):
              return torch.clamp(x, low, high)
        fails: allowed calls
        says: "That is PyTorch's own. Here you write it."
"""
