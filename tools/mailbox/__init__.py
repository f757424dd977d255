"""A mailbox for trying things out: a real SMTP server, and a page that shows what it received."""
