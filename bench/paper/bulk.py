"""bulk.py send|receive ADDRESS PORT: one TCP flow that takes all it can get, by the congestion control that fills queues."""
import socket
import sys

CHUNK = 65536


def main():
    what, where = sys.argv[1], (sys.argv[2], int(sys.argv[3]))
    if what == "receive":
        with socket.create_connection(where, timeout=30) as flow:
            while flow.recv(CHUNK):
                pass
        return
    with socket.create_server(where) as listening:
        print("listening", flush=True)
        flow, _ = listening.accept()
    try:
        flow.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"cubic")
    except OSError:
        pass        # the route's, or the system's
    try:
        while True:
            flow.sendall(bytes(CHUNK))
    except OSError:
        pass


if __name__ == "__main__":
    main()
