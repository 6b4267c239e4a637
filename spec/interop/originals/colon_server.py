"""A colon server as its kind is written: the first packet is the header. colon_server.py [HOW]

It prints its port, and serves the directory it is started in until its standard input ends. What it cannot read it
prints on standard error. HOW: `slow` sends byte by byte.
"""
import os
import socket
import sys
import threading

HOW = sys.argv[1].split("+") if len(sys.argv) > 1 else []


def send(conn, data):
    if "slow" in HOW:
        for byte in data:
            conn.sendall(bytes([byte]))
    else:
        conn.sendall(data)


def answer(conn):
    packet = conn.recv(1024)
    name, _, choice = (part.strip() for part in packet.rpartition(b":"))
    if choice.upper() in (b"PUT", b"SEND"):
        with open(name, "wb") as file:
            while data := conn.recv(65536):
                file.write(data)
    elif choice.upper() == b"GET":
        if os.path.isfile(name):
            with open(name, "rb") as file:
                while data := file.read(65536):
                    send(conn, data)
        else:
            send(conn, b"File not found.")
    else:
        print("what is %r?" % packet, file=sys.stderr, flush=True)
    conn.close()


listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", 0))
listener.listen(16)
print(listener.getsockname()[1], flush=True)


def serve():
    while True:
        conn, _ = listener.accept()
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=answer, args=(conn,), daemon=True).start()


threading.Thread(target=serve, daemon=True).start()
sys.stdin.read()
