"""The demo's third-party service: three endpoints, and a record of what came over the wire.

Usage: demo-service.py PORT-FILE WIRE-FILE. Listens on a free port of loopback, writes it to PORT-FILE, and appends
each request as it came to WIRE-FILE.
"""

import json
import os
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

port_file, wire_file = sys.argv[1:3]


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with open(wire_file, "ab") as wire:
            wire.write(self.raw_requestline + bytes(str(self.headers), "utf-8") + body)
        path = urllib.parse.urlsplit(self.path).path
        answer = {"/v1/people": self.people, "/register": self.register, "/rating": self.rating}.get(path)
        if answer is None:
            return self.answer(404, "text/plain", "nothing here")
        try:
            self.answer(*answer(body))
        except (ValueError, KeyError, ElementTree.ParseError) as error:
            self.answer(400, "text/plain", f"{type(error).__name__}: {error}")

    def people(self, body):
        if self.headers.get("Authorization") != "Bearer demo-enrichment-key":
            return 401, "application/json", '{"error": "wrong key"}'
        person = json.loads(body)
        domain = person["email"].split("@")[1]
        return 200, "application/json", json.dumps({
            "person": {"title": "CTO", "greeted": person["greeting"], "event": person["event"]},
            "company": {"name": f"{domain.split('.')[0].capitalize()} Inc.", "employees": 250},
            "scores": [{"grade": None}],
        })

    def register(self, body):
        form = urllib.parse.parse_qs(body.decode("ascii"), strict_parsing=True)
        return 200, "application/json", json.dumps({"registered": form["name"][0], "event": form["event"][0]})

    def rating(self, body):
        name = ElementTree.fromstring(body).findtext("company")
        answer = ElementTree.Element("rate:answer", {"xmlns:rate": "urn:example:rating"})
        company = ElementTree.SubElement(answer, "company", {"grade": "A+"})
        ElementTree.SubElement(company, "name").text = name
        ElementTree.SubElement(company, "revenue").text = "12500000.50"
        ElementTree.SubElement(company, "revenue").text = "11000000.00"
        ElementTree.SubElement(company, "industry").text = "Tools & Machines"
        return 200, "application/xml", ElementTree.tostring(answer, encoding="unicode")

    def answer(self, status, content_type, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
with open(port_file + ".new", "w") as file:
    file.write(str(server.server_port))
os.rename(port_file + ".new", port_file)
server.serve_forever()
