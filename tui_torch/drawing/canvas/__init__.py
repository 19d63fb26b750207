"""The canvas of a chart: its cells, its lines of dots, its axes."""
