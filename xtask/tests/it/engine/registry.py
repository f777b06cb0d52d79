#!/usr/bin/env python3
"""An image registry that has nothing, on the socket that its configuration names."""

import http.server
import re
import socketserver
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    def address_string(self):
        return "somebody"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")


with open(sys.argv[2]) as file:
    address = re.search(r'addr: "(.*)"', file.read()).group(1)
socketserver.ThreadingUnixStreamServer(address, Handler).serve_forever()
