"""The front: listening sockets, TLS, client certificates, HTTP framing, worker processes and the local CA.

Owns everything between the network and the application: it is the only source of a peer certificate, refuses what HTTP
parsers could read in two ways, and lets no request be lost when the server stops. Does not own settings (it is given
plain values), hosts and tenants (it asks the opened application for their names), or any URL.
"""
