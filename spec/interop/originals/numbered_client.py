"""An uploader as classes write it: numbered_client.py HOST PORT FORM FILE

FORM is `raw`, which sends the file and closes, or `accio`, which first waits for the server's greeting, twice, and
confirms each. `+` and a word: `resets` resets in the middle, `stammers` sends pieces of
random size with pauses, `early` (of accio) sends both confirmations and the file at once.
"""
import random
import socket
import struct
import sys
import time

host, port, form, path = sys.argv[1], int(sys.argv[2]), sys.argv[3].split("+"), sys.argv[4]
with open(path, "rb") as file:
    body = file.read()
sock = socket.create_connection((host, port))
sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def wait_for(greeting):
    got = b""
    while greeting not in got:
        more = sock.recv(100)
        if not more:
            sys.exit("the server ended before its greeting")
        got += more


if "accio" in form and "early" not in form:
    wait_for(b"accio\r\n")
    sock.sendall(b"confirm-accio\r\n")
    wait_for(b"accio\r\n")
    sock.sendall(b"confirm-accio-again\r\n\r\n")
elif "accio" in form:
    body = b"confirm-accio\r\nconfirm-accio-again\r\n\r\n" + body

if "stammers" in form:
    at = 0
    while at < len(body):
        size = random.randint(1, max(1, len(body) // 20))
        sock.sendall(body[at : at + size])
        at += size
        time.sleep(random.random() / 50)
elif "resets" in form:
    sock.sendall(body[: len(body) // 2])
    time.sleep(0.2)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
else:
    for at in range(0, len(body), 10000):
        sock.sendall(body[at : at + 10000])
if "early" in form:
    # Closing with the greetings unread would be a reset.
    sock.shutdown(socket.SHUT_WR)
    while sock.recv(100):
        pass
sock.close()
