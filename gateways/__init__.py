"""The outside world: one room per party, each with its protocol, its data, its errors and the live client."""
