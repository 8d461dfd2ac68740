"""The SDK in the hands of HTTP clients: a file for each, which alone imports it.

Owns how a request is sent and sent again. Does not own what is sent or what an answer means: that is the rest of the
SDK. Nothing imports these files but who has that HTTP client.
"""
