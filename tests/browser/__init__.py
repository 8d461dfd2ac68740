"""What people see, in a real Chromium: every page, every way through it, by hand and by keyboard."""
