"""A client as somebody writes it in an afternoon: client.py PORT HOW REQUEST...

Each REQUEST is a line without its end; DATA in it stands for a port that is listened on by then. HOW says how the
lines are sent. What comes on the data connections goes to standard output, what is said to standard error.
"""
import socket
import sys
import threading


def listen():
    door = socket.socket()
    door.bind(("127.0.0.1", 0))
    door.listen(1)
    return door


def drain(door, into):
    data, _ = door.accept()
    while True:
        got = data.recv(1000)
        if not got:
            break
        into.append(got)
    data.close()
    door.close()


def send(control, line, how):
    if how == "lines":
        control.sendall(line + b"\n")
    elif how == "crlf":
        control.sendall(line + b"\r\n")
    elif how == "bytes":
        for byte in line + b"\n":
            control.sendall(bytes([byte]))
    elif how == "padded":
        control.sendall(line.ljust(1024, b"\0"))
    elif how in ("silent", "half-close"):
        control.sendall(line)
    if how == "half-close":
        control.shutdown(socket.SHUT_WR)


def reply(control, said):
    """Up to the final reply; RFC 959's lines, as far as one needs them here."""
    while True:
        line = said.readline()
        if not line:
            raise SystemExit("the server left")
        sys.stderr.write(line.decode())
        if line[:1] != b"1":
            return


def main():
    port, how, requests = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    control = socket.create_connection(("127.0.0.1", port))
    control.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    said = control.makefile("rb")
    for request in requests:
        chunks, door, thread = [], None, None
        if "DATA" in request:
            door = listen()
            request = request.replace("DATA", str(door.getsockname()[1]))
            # It dials before it answers for good, or not at all.
            thread = threading.Thread(target=drain, args=(door, chunks), daemon=True)
            thread.start()
        send(control, request.encode("utf-8", "surrogateescape"), how)
        reply(control, said)
        if thread is not None:
            thread.join(5)
        sys.stdout.buffer.write(b"".join(chunks))
    control.close()


main()
