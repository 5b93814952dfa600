"""A UDP relay on loopback between a client and a server: it delays, loses, reorders and cuts, and can change the port that it sends from."""

import heapq
import random
import select
import socket
import threading
import time


class Relay:
    """`delay`: seconds one way; `spread`: how much of it is left to chance (so that datagrams overtake each other).

    `held`: what the server says waits here until this is false again.
    `up` and `down` say whether the path to the server and back is open; `blocked` closes both. `longest_up` and `longest_down`: longer
    datagrams are lost without a word."""

    def __init__(self, port, loss=0.0, delay=0.0, seed=1, spread=0.5, target="127.0.0.1", listen="127.0.0.1"):
        self.target, self.loss, self.delay, self.spread = (target, port), loss, delay, spread
        self.random = random.Random(seed)
        self.front = self.new_socket(listen)
        self.front.bind((listen, 0))
        self.port = self.front.getsockname()[1]
        self.back = self.new_socket(target)
        self.client, self.clients, self.carried, self.lost = None, [], 0, 0
        self.up = self.down = True
        self.held = False
        self.longest_up = self.longest_down = 65536
        self.last_up = self.last_down = 0.0     # when the last datagram arrived that was let through
        self.running = True
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    @staticmethod
    def new_socket(address):
        return socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)

    @property
    def blocked(self):
        return not (self.up or self.down)

    @blocked.setter
    def blocked(self, yes):
        self.up = self.down = not yes

    def run(self):
        queue, order, waiting = [], 0, []
        while self.running:
            wait = max(0.0, queue[0][0] - time.monotonic()) if queue else 0.05
            for sock in select.select([self.front, self.back], [], [], min(wait, 0.05))[0]:
                try:
                    data, source = sock.recvfrom(65536)
                except OSError:
                    continue
                upward = sock is self.front
                if upward and source != self.client:
                    self.client = source
                    self.clients.append(source)
                if not (self.up if upward else self.down) or self.random.random() < self.loss or \
                        len(data) > (self.longest_up if upward else self.longest_down):
                    self.lost += 1
                    continue
                self.carried += 1
                order += 1
                now = time.monotonic()
                if upward:
                    self.last_up = now
                else:
                    self.last_down = now
                at = now + self.delay * (1 - self.spread + 2 * self.spread * self.random.random())
                heapq.heappush(queue, (at, order, upward, data))
            held, due = self.held, [] if self.held else waiting
            while queue and queue[0][0] <= time.monotonic():
                _, _, upward, data = heapq.heappop(queue)
                (waiting if held and not upward else due).append((upward, data))
            waiting = waiting if held else []
            for upward, data in due:
                try:
                    if upward:
                        self.back.sendto(data, self.target)
                    elif self.client:
                        self.front.sendto(data, self.client)
                except OSError:
                    pass

    def roam(self):
        """From now on the server sees another source port."""
        old, self.back = self.back, self.new_socket(self.target[0])
        old.close()

    def stop(self):
        self.running = False
        self.thread.join(1)
