"""The original pair's client, as its C reads: stepwise_client.py HOST PORT HOW -l|-g [NAME]

One field a send, the next after OK; it listens only once the last field was answered. It reads data up to 199,999
bytes or the end, and strips the NULs behind them. It prints what it received, and on standard error what it says to
its user. HOW is a word of words: `fixed` sends every field in a buffer of 500 bytes, filled up with NULs; `slow`
listens half a second late; `lies` names an address that is not its own; `dribbles` sends byte by byte.
"""
import socket
import sys
import time

BUFFER = 199999

host, port, how, verb = sys.argv[1], int(sys.argv[2]), sys.argv[3].split("+"), sys.argv[4]
name = sys.argv[5:6]

control = socket.create_connection((host, port))
control.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
address = "198.51.100.7" if "lies" in how else control.getsockname()[0]
probe = socket.socket()
probe.bind(("", 0))
data_port = probe.getsockname()[1]
probe.close()


def say(field):
    bytes_ = field.encode("utf-8", "surrogateescape")
    if "fixed" in how:
        bytes_ = bytes_.ljust(500, b"\0")
    if "dribbles" in how:
        for byte in bytes_:
            control.sendall(bytes([byte]))
            time.sleep(0.02)
    else:
        control.sendall(bytes_)
    answer = control.recv(500)
    if answer != b"OK":
        sys.stderr.write("the server says " + answer.decode("utf-8", "replace"))
        sys.exit(1)


for field in [verb, str(data_port), address] + name:
    say(field)

if "slow" in how:
    time.sleep(0.5)
door = socket.socket()
door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
door.bind(("", data_port))
door.listen(1)
data, (peer, _) = door.accept()
received = b""
while len(received) < BUFFER:
    got = data.recv(BUFFER - len(received))
    if not got:
        break
    received += got
received = received.rstrip(b"\0")
data.close()
door.close()
control.close()
if received == b"File not found.":
    sys.stderr.write("File not found.\n")
    sys.exit(2)
sys.stdout.buffer.write(received)
