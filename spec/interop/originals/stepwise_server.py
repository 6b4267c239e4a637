"""The original pair's server, as its C reads: stepwise_server.py HOW

It prints its port, and serves the directory it is started in until its standard input ends. Each field is what one
recv gives; it dials the address and port it was told, at once, and only once. Data are a buffer of 199,999 bytes,
filled up with NULs, in sends of 1000 bytes. HOW is a word of words: `bare` sends the payload without the padding,
`padok` fills its OKs up to 500 bytes, `early` dials before its last OK, `other` dials from 127.0.0.2, `leaves` closes
the control connection before it dials, `short` resets after half of it, `refuses` answers the second field in words.
"""
import os
import socket
import struct
import sys
import threading
import time

BUFFER = 199999
HOW = sys.argv[1].split("+") if len(sys.argv) > 1 else []


def answer(control):
    ok = b"OK".ljust(500, b"\0") if "padok" in HOW else b"OK"

    def field(answered=True):
        bytes_ = control.recv(500).rstrip(b"\0")
        if answered:
            control.sendall(ok)
        return bytes_.decode("utf-8", "surrogateescape")

    verb = field()
    if "refuses" in HOW:
        control.recv(500)
        control.sendall(b"No more ports today.\n")
        return control.close()
    port = int(field())
    last_is_name = verb == "-g"
    address = field(answered=last_is_name or "early" not in HOW)
    name = field(answered="early" not in HOW) if last_is_name else None
    if name is None:
        body = "".join(each + "\n" for each in [".", ".."] + sorted(os.listdir(".")))
        body = body.encode("utf-8", "surrogateescape")
    elif os.path.isfile(name):
        with open(name, "rb") as file:
            body = file.read(BUFFER)
    else:
        body = b"File not found."
    if "leaves" in HOW:
        control.close()
    source = ("127.0.0.2", 0) if "other" in HOW else None
    data = socket.create_connection((address, port), source_address=source)
    if "early" in HOW:
        time.sleep(0.2)
        control.sendall(ok)
    if "bare" not in HOW:
        body = body.ljust(BUFFER, b"\0")
    if "short" in HOW:
        data.sendall(body[: len(body) // 2])
        time.sleep(0.2)
        data.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        data.close()
        return control.close()
    for at in range(0, len(body), 1000):
        data.sendall(body[at : at + 1000])
    data.close()
    if "leaves" not in HOW:
        control.close()


def serve(door):
    while True:
        control, _ = door.accept()
        threading.Thread(target=answer, args=(control,), daemon=True).start()


door = socket.socket()
door.bind(("127.0.0.1", 0))
door.listen(16)
print(door.getsockname()[1], flush=True)
threading.Thread(target=serve, args=(door,), daemon=True).start()
sys.stdin.read()
