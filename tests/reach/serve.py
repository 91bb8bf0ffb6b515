#!/usr/bin/env python3
"""A debuginfod server that behaves in one way: serve.py MODE [FILE]. Writes its port on 127.0.0.1 to standard output, and requests to standard error."""
import http.server
import socket
import socketserver
import sys
import time

MODE = sys.argv[1]
DATA = open(sys.argv[2], "rb").read() if len(sys.argv) > 2 else b""


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        sys.stderr.write(f"{self.path}\n")
        sys.stderr.flush()

    def do_GET(self):
        # "none": no server has it. "file-only": an old server, which knows no sections.
        if MODE == "none" or (MODE == "file-only" and "/section/" in self.path):
            self.send_error(404)
            return
        self.send_response(200)
        if MODE != "endless":
            self.send_header("Content-Length", str(len(DATA)))
        self.end_headers()
        try:
            if MODE == "half":
                self.wfile.write(DATA[: len(DATA) // 2])
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)
            elif MODE == "endless":
                while True:
                    self.wfile.write(b"\x9f\xeb\x01\x00" * 65536)
            elif MODE == "slow":
                for at in range(0, len(DATA), 100):
                    self.wfile.write(DATA[at : at + 100])
                    time.sleep(0.5)
            else:
                self.wfile.write(DATA)
        except OSError:
            pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


with Server(("127.0.0.1", 0), Handler) as server:
    print(server.server_address[1], flush=True)
    server.serve_forever()
