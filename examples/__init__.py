"""Small applications that show the SDK. Each is run by a test."""
