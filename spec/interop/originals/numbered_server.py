"""An upload collector as classes write it: numbered_server.py FORM DIR

It prints its port, and saves each connection as DIR/N.file, N from 1, until its standard input ends; a connection that
says nothing for two seconds (the original waits ten) becomes ERROR. FORM is `raw` or `accio`; `+` and a word: `stays`
leaves its side open for a while, `slow` greets byte by byte, `full` resets whoever sends anything.
"""
import os
import socket
import struct
import sys
import threading
import time

FORM, DIR = sys.argv[1].split("+"), sys.argv[2]
os.makedirs(DIR, exist_ok=True)


def collect(sock, number):
    sock.settimeout(2)
    body = b""
    try:
        if "accio" in FORM:
            for confirmation in (b"confirm-accio\r\n", b"confirm-accio-again\r\n\r\n"):
                if "slow" in FORM:
                    for byte in b"accio\r\n":
                        sock.sendall(bytes([byte]))
                        time.sleep(0.02)
                else:
                    sock.sendall(b"accio\r\n")
                # Nothing may come before it was asked for: what is behind it now would be too early.
                got = b""
                while len(got) < len(confirmation):
                    more = sock.recv(len(confirmation) - len(got))
                    if not more:
                        raise socket.timeout
                    got += more
                if got != confirmation:
                    raise socket.timeout
                if confirmation == b"confirm-accio\r\n":
                    time.sleep(0.1)
                    sock.setblocking(False)
                    try:
                        if sock.recv(1):
                            raise socket.timeout
                    except BlockingIOError:
                        pass
                    sock.settimeout(2)
        if "full" in FORM:
            sock.recv(1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return sock.close()
        while True:
            got = sock.recv(65536)
            if not got:
                break
            body += got
    except socket.timeout:
        body = b"ERROR"
    with open(os.path.join(DIR, "%d.part" % number), "wb") as file:
        file.write(body)
    os.rename(os.path.join(DIR, "%d.part" % number), os.path.join(DIR, "%d.file" % number))
    if "stays" in FORM:
        time.sleep(0.5)
    sock.close()


def serve(door):
    number = 0
    while True:
        sock, _ = door.accept()
        number += 1
        threading.Thread(target=collect, args=(sock, number), daemon=True).start()


door = socket.socket()
door.bind(("127.0.0.1", 0))
door.listen(16)
print(door.getsockname()[1], flush=True)
threading.Thread(target=serve, args=(door,), daemon=True).start()
sys.stdin.read()
