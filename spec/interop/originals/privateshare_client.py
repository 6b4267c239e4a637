"""A privateshare client as its kind is written: privateshare_client.py PORT HOW list|get|put [NAME]

The message in one send, one read for the code, then the file, 32 MiB at a time. What it gets goes to standard output,
what it puts comes from the file NAME in the directory it is started in; it prints `cancel` on standard error when that
is what it hears, and ends with 1. HOW is a word of words: `plain`; `greedy` reads 32 bytes for the code, which breaks
when anything came along; `padded` fills its message with NULs to 32 bytes; `line` ends it with a newline; `stammers`
sends its message byte by byte.
"""
import os
import socket
import sys
import time

PORT, HOW, VERB = int(sys.argv[1]), sys.argv[2].split("+"), sys.argv[3]
NAME = os.fsencode(sys.argv[4]) if len(sys.argv) > 4 else b""
CHUNK = 32 * 1024 * 1024

message = VERB.encode() if VERB == "list" else VERB.encode() + b"," + NAME
if "padded" in HOW:
    message = message.ljust(32, b"\0")
if "line" in HOW:
    message += b"\n"

conn = socket.create_connection(("127.0.0.1", PORT))
conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
if "stammers" in HOW:
    for byte in message:
        conn.sendall(bytes([byte]))
        time.sleep(0.01)
else:
    conn.sendall(message)


def rest():
    while data := conn.recv(CHUNK):
        sys.stdout.buffer.write(data)


if VERB == "list":
    rest()
    sys.exit(0)
code = conn.recv(32 if "greedy" in HOW else 4)
if code != b"pass":
    sys.exit("cancel" if b"cancel".startswith(code) else "what is %r?" % code)
if VERB == "get":
    rest()
else:
    with open(NAME, "rb") as file:
        while data := file.read(CHUNK):
            conn.sendall(data)
conn.close()
