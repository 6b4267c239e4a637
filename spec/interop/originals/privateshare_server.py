"""A privateshare server as its kind is written: one read, one answer, a thread each. privateshare_server.py [HOW]

It prints its port, and serves the directory it is started in until its standard input ends. One recv is the message.
HOW is a word of words: `coalesced` sends the code and the first of the file in one piece, `slow` sends byte by byte.
"""
import os
import socket
import sys
import threading

HOW = sys.argv[1].split("+") if len(sys.argv) > 1 else []
CHUNK = 32 * 1024 * 1024


def send(conn, data):
    if "slow" in HOW:
        for byte in data:
            conn.sendall(bytes([byte]))
    else:
        conn.sendall(data)


def answer(conn):
    message = conn.recv(32).decode("utf-8", "surrogateescape")
    if message == "list":
        names = ", ".join(sorted(os.listdir(".")))
        send(conn, (names + ("" if names == "" else ", ")).encode("utf-8", "surrogateescape"))
    elif message.startswith("get,") and os.path.isfile(message[4:]):
        with open(message[4:], "rb") as file:
            data = file.read(CHUNK)
            if "coalesced" in HOW:
                send(conn, b"pass" + data)
            else:
                send(conn, b"pass")
                send(conn, data)
            while data:
                data = file.read(CHUNK)
                send(conn, data)
    elif message.startswith("put,") and not os.path.exists(message[4:]):
        send(conn, b"pass")
        with open(message[4:], "wb") as file:
            while data := conn.recv(CHUNK):
                file.write(data)
    else:
        send(conn, b"cancel")
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
