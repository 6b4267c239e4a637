"""The same listing by bare sockets: what a short script in another language takes for it.

plain.py HOST PORT: connects (P), listens (Q), asks for a list on Q's port, accepts, prints what comes, and waits for
the server's last word on P.
"""

import socket
import sys

with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as control:
    with socket.socket() as listener:
        listener.bind((control.getsockname()[0], 0))
        listener.listen(1)
        control.sendall(b"-l %d\n" % listener.getsockname()[1])
        data, _ = listener.accept()
    with data:
        names = b""
        while piece := data.recv(65536):
            names += piece
    print(names.decode(), end="")
    with control.makefile("rb") as replies:
        for line in replies:
            if line[:4] == b"226 ":
                break
        else:
            sys.exit("no 226")
