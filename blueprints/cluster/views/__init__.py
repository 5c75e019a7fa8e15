"""The pages of the cluster's console, a file a noun."""
