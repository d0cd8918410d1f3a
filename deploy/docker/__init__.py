"""The suite in containers: its image, and what stands around it in a trial."""
