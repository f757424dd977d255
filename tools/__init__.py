"""What `make` runs beside the service: set-up, the runner, the mailbox for trying things out."""
