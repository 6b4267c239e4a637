"""A server as somebody writes it in an afternoon, a thread for each client: server.py HOW

It prints its port, and serves the directory it is started in until its standard input ends. Of what the protocol
says it knows the two request lines; it says nothing on the control connection but errors, in words. HOW is a word
of words: `other` dials from 127.0.0.2, `padded` fills its errors with NULs to 1024 bytes, `slow` sends byte by
byte, `stays` leaves the control connection open, `short` sends half a file, `resets` resets in the middle of it.
"""
import os
import socket
import struct
import sys
import threading

HOW = sys.argv[1].split("+") if len(sys.argv) > 1 else []


def answer(control, address):
    line = b""
    while not line.endswith(b"\n"):
        got = control.recv(1)
        if not got:
            return control.close()
        line += got
    words = line.decode("utf-8", "surrogateescape").strip("\r\n").split(" ")
    port = int(words[-1])
    if words[0] == "-l":
        body = "".join(name + "\n" for name in sorted(os.listdir("."))).encode("utf-8", "surrogateescape")
    else:
        name = " ".join(words[1:-1])
        if not os.path.isfile(name):
            text = b"FILE NOT FOUND"
            control.sendall(text.ljust(1024, b"\0") if "padded" in HOW else text)
            return control.close()
        with open(name, "rb") as file:
            body = file.read()
    source = ("127.0.0.2", 0) if "other" in HOW else None
    data = socket.create_connection((address, port), source_address=source)
    if "short" in HOW or "resets" in HOW:
        body = body[: len(body) // 2]
    if "slow" in HOW:
        data.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in body:
            data.sendall(bytes([byte]))
    else:
        data.sendall(body)
    if "resets" in HOW:
        data.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    data.close()
    if "stays" in HOW:
        while control.recv(1000):
            pass
    control.close()


def serve(door):
    while True:
        control, (address, _) = door.accept()
        threading.Thread(target=answer, args=(control, address), daemon=True).start()


door = socket.socket()
door.bind(("127.0.0.1", 0))
door.listen(16)
print(door.getsockname()[1], flush=True)
threading.Thread(target=serve, args=(door,), daemon=True).start()
sys.stdin.read()
