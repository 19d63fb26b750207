"""The pages of a value's detail; each draws what `probe/inspector/pages` computes under the same name."""
