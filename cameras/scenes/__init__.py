"""What the simulated cameras look at: drawn rooms of a small food workshop, each a seamless loop."""
