"""What holds on a GPU, shown on the machine at hand; what a CPU can show of it is shown there."""
