"""tests/tools/delay_proxy between real sockets: what goes in comes out, later, and without waiting for what went before."""

import hashlib
import os
import pathlib
import random
import signal
import socket
import subprocess
import threading
import time
import unittest

PROXY = pathlib.Path(os.environ["ASSAY_BUILD"]) / "tests/tools/delay_proxy"


class Server:
    """Accepts connections on loopback and hands each to `talk` in a thread of its own."""

    def __init__(self, talk):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.talk = talk
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(peer,), daemon=True).start()


def echo(peer):
    with peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while data := peer.recv(1 << 16):
            peer.sendall(data)


def answer_at_the_end(peer):
    """Says how much it got, and its digest, when the other side has ended its stream."""
    with peer:
        digest, size = hashlib.sha256(), 0
        while data := peer.recv(1 << 16):
            digest.update(data)
            size += len(data)
        peer.sendall(f"{size} {digest.hexdigest()}".encode())


def receive_all(peer):
    parts = []
    while data := peer.recv(1 << 16):
        parts.append(data)
    return b"".join(parts)


def alive(pid):
    """Whether the process runs; a zombie that nobody reaps does not."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class DelayProxyTest(unittest.TestCase):

    def proxy(self, port, delay, *options):
        process = subprocess.Popen([PROXY, "--to", str(port), "--delay", delay, *options], stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        return process, int(process.stdout.readline())

    def connect(self, port):
        peer = socket.create_connection(("127.0.0.1", port), timeout=50)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.addCleanup(peer.close)
        return peer

    def test_a_round_trip_takes_at_least_the_delay_each_way(self):
        _, port = self.proxy(Server(echo).port, "20ms")
        peer = self.connect(port)
        for _ in range(5):
            started = time.monotonic()
            peer.sendall(b"x")
            self.assertEqual(peer.recv(10), b"x")
            self.assertGreaterEqual(time.monotonic() - started, 0.040)

    def test_what_is_sent_without_waiting_overlaps_in_the_delay(self):
        # 100 messages 1 ms apart, 200 ms each way: stop-and-wait would need 100 x 0.4 s; a delay line 0.5 s.
        _, port = self.proxy(Server(echo).port, "200ms")
        peer = self.connect(port)
        started = time.monotonic()
        for _ in range(100):
            peer.sendall(b"message.")
            time.sleep(0.001)  # so that they travel one by one, not as one segment
        got = b""
        while len(got) < 800:
            got += peer.recv(800 - len(got))
        self.assertEqual(got, b"message." * 100)
        self.assertLess(time.monotonic() - started, 10)

    def test_connections_do_not_delay_one_another(self):
        _, port = self.proxy(Server(echo).port, "100ms")
        peers = [self.connect(port) for _ in range(64)]
        started = time.monotonic()
        for i, peer in enumerate(peers):
            peer.sendall(b"%d" % i)
        self.assertEqual([peer.recv(10) for peer in peers], [b"%d" % i for i in range(64)])
        self.assertLess(time.monotonic() - started, 6)  # one after the other: 12.8 s

    def test_many_bytes_arrive_whole_in_both_directions_and_the_end_of_the_stream_comes_last(self):
        # More than the proxy queues, to a server that answers only after the end: back pressure and half-close.
        data = random.Random(1).randbytes(40 << 20)
        _, port = self.proxy(Server(answer_at_the_end).port, "1ms")
        peer = self.connect(port)
        peer.sendall(data)
        peer.shutdown(socket.SHUT_WR)
        self.assertEqual(receive_all(peer).decode(), f"{len(data)} {hashlib.sha256(data).hexdigest()}")

        def send_all(peer):
            with peer:
                peer.sendall(data)

        _, port = self.proxy(Server(send_all).port, "1ms")
        peer = self.connect(port)
        time.sleep(0.2)  # a slow reader: the proxy meets a full socket
        self.assertEqual(hashlib.sha256(receive_all(peer)).digest(), hashlib.sha256(data).digest())

    def test_a_server_that_is_not_there_ends_the_connection(self):
        with socket.create_server(("127.0.0.1", 0)) as unused:
            port = unused.getsockname()[1]
        process, proxy_port = self.proxy(port, "1ms")
        peer = self.connect(proxy_port)
        try:
            self.assertEqual(peer.recv(1), b"")
        except ConnectionResetError:
            pass
        self.assertIsNone(process.poll())

    def test_a_client_that_resets_ends_its_connection_and_no_other(self):
        ended = threading.Event()

        def talk(peer):
            echo_until_error(peer)
            ended.set()

        def echo_until_error(peer):
            try:
                echo(peer)
            except OSError:
                pass

        process, port = self.proxy(Server(talk).port, "1ms")
        steady, rude = self.connect(port), self.connect(port)
        rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        rude.sendall(b"x")
        rude.close()
        self.assertTrue(ended.wait(30))
        steady.sendall(b"y")
        self.assertEqual(steady.recv(1), b"y")
        self.assertIsNone(process.poll())

    def test_it_ends_when_asked(self):
        process, _ = self.proxy(1, "1ms")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(30), 0)

    def test_with_its_parent_it_ends_too(self):
        shell = subprocess.Popen(["sh", "-c", '"$0" --to 1 --delay 1ms --with-parent </dev/null & echo "pid $!"; read end', PROXY],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        lines = [shell.stdout.readline(), shell.stdout.readline()]  # its pid and its port, whichever comes first
        pid = int(next(line for line in lines if line.startswith("pid"))[4:])
        self.assertTrue(alive(pid))
        shell.communicate(timeout=30)
        deadline = time.monotonic() + 30
        while alive(pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertFalse(alive(pid))

    def test_bad_arguments_are_refused_with_what_is_expected(self):
        for arguments, expected in ((["--to", "70000", "--delay", "1ms"], "1 to 65535"), (["--to", "5432"], "usage"),
                                    (["--to", "5432", "--delay", "1"], "unit"), (["--upside-down"], "--upside-down")):
            done = subprocess.run([PROXY, *arguments], capture_output=True, text=True, timeout=30, check=False)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn(expected, done.stderr)


if __name__ == "__main__":
    unittest.main()
