"""A colon client as its kind is written: colon_client.py PORT HOW get|put NAME

The header in one send, then the file raw to the end, or what comes up to the end. What it gets goes to standard output,
what it puts comes from the file NAME in the directory it is started in, or is the error text where there is none. It
reads nothing after a put. HOW is a word of words: `plain`; `spaces` puts them around the colon; `together` sends header
and file in one piece; `three` announces three clients; `half-closes` says FIN behind a get.
"""
import os
import socket
import sys

PORT, HOW, VERB = int(sys.argv[1]), sys.argv[2].split("+"), sys.argv[3]
NAME = os.fsencode(sys.argv[4])

header = (b"3:CLIENTS" if "three" in HOW else b"") + NAME
header += (b"  : " if "spaces" in HOW else b":") + VERB.upper().encode()
conn = socket.create_connection(("127.0.0.1", PORT))
conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
if VERB == "get":
    conn.sendall(header)
    if "half-closes" in HOW:
        conn.shutdown(socket.SHUT_WR)
    while data := conn.recv(65536):
        sys.stdout.buffer.write(data)
else:
    data = b"File not found."
    if os.path.isfile(NAME):
        with open(NAME, "rb") as file:
            data = file.read()
    if "together" in HOW:
        conn.sendall(header + data)
    else:
        conn.sendall(header)
        conn.sendall(data)
conn.close()
