"""Flowhook and its peers: how each is started, and the nginx in front of them."""

import glob
import os
import pathlib
import re

from processes import free_port, wait_until

BENCHMARKS = pathlib.Path(__file__).resolve().parent.parent
ROOT = BENCHMARKS.parent.parent

STORE = {
    "marketing-activities/my-tokens.yaml": "Webinar Speaker: Ada Lovelace\n",
    "marketing-activities/Webinars/Spring/program.yaml": "id: 1027\nname: Spring Webinar\n",
}
SETTINGS = "log_level: {log_level}\nallow_networks: [127.0.0.0/8]\n"
WEBHOOK = """\
name: {name}
url: {url}
request_token_encoding: JSON
payload_template: >-
  {{"email": {{{{lead.Email Address}}}}, "greeting": "Dear {{{{lead.First Name}}}}",
  "company": {{{{lead.Company Name}}}}}}
response_type: JSON
response_mappings:
  NumberOfEmployees: company.employees
  Title: person.title
"""


class Peer:
    """One way to do the job: a process, where it listens, and how a web server reaches it."""

    #: What the tables call it.
    title = ""
    #: "fastcgi", "http", or "none" for what is a web server itself.
    front = "fastcgi"
    #: What a FastCGI peer needs in place of the variables that Flowhook reads.
    parameters = ""
    #: Whether its web server keeps connections to it.
    is_kept = True
    path = "/flow/call-webhook"

    def __init__(self, workshop, service):
        self.socket = workshop.directory / f"{self.name}.sock"
        self.port = free_port()
        self.process = self.start(workshop, service)

    @property
    def has_front(self):
        return self.front != "none"

    @property
    def address(self):
        return self.port, self.path

    def wait(self):
        wait_until(self.title, lambda: self.process.check() or self.socket.exists())


class Flowhook(Peer):
    name, title = "flowhook", "Flowhook"

    def __init__(self, workshop, service, settings=""):
        self.settings = SETTINGS.format(log_level="warning") + settings
        super().__init__(workshop, service)

    def start(self, workshop, service):
        store = write_store(workshop, self.name, service, self.settings)
        return workshop.start(self.name, [workshop.programs / "flowhook", "serve", "--store", store, "--listen",
                                          f"unix:{self.socket}"])


class Floor(Peer):
    name, title = "c", "C, libfcgi and epoll (floor)"
    program = "floor"

    def start(self, workshop, service):
        return workshop.start(self.name, [workshop.programs / self.program, self.socket, service.port])


class FloorLibcurl(Floor):
    name, title = "c-libcurl", "C, libfcgi and libcurl"
    program = "floor-libcurl"


class Lua(Peer):
    name, title, front = "lua", "nginx + Lua", "none"

    def start(self, workshop, service):
        modules = "".join(f"load_module {path};\n" for path in (
            "/usr/lib/nginx/modules/ndk_http_module.so", "/usr/lib/nginx/modules/ngx_http_lua_module.so"))
        return start_nginx(workshop, self.name, f"""
            upstream service {{ server 127.0.0.1:{service.port}; keepalive 1024; keepalive_requests 1000000; }}
            server {{
                listen 127.0.0.1:{self.port} backlog=4096;
                client_body_buffer_size 64k;
                location = {self.path} {{ content_by_lua_file {BENCHMARKS}/peers/handler.lua; }}
                location = /service {{
                    internal;
                    proxy_pass http://service/v1/people;
                    proxy_http_version 1.1;
                    proxy_set_header Connection "";
                    proxy_set_header Content-Type application/json;
                    proxy_set_header Accept application/json;
                }}
            }}""", modules)

    def wait(self):
        pass


class Go(Peer):
    name, title, front = "go", "Go net/http", "http"
    mode = "http"

    def start(self, workshop, service):
        return workshop.start(self.name, [workshop.programs / "go", self.socket, service.url, self.mode])


class GoFastCGI(Go):
    name, title, front = "go-fcgi", "Go net/http/fcgi", "fastcgi"
    # It refuses a request without SERVER_PROTOCOL.
    parameters = "include /etc/nginx/fastcgi_params;"
    mode = "fcgi"


class Node(Peer):
    name, title, front = "node", "Node + undici", "http"

    def start(self, workshop, service):
        return workshop.start(self.name, ["node", BENCHMARKS / "peers/undici.js", self.socket, service.url],
                              {"NODE_PATH": "/usr/share/nodejs"})


class PHP(Peer):
    name, title = "php", "php-fpm + curl, 64 children"
    parameters = f"include /etc/nginx/fastcgi_params; fastcgi_param SCRIPT_FILENAME {BENCHMARKS}/peers/curl.php;"
    # A kept connection would own one of the children.
    is_kept = False

    def start(self, workshop, service):
        program = sorted(glob.glob("/usr/sbin/php-fpm[0-9]*"))[-1]
        owner = "user = root\ngroup = root\n" if os.geteuid() == 0 else ""
        configuration = workshop.write("php.conf", f"""\
[global]
error_log = {workshop.directory}/php-errors.log
daemonize = no
[www]
{owner}listen = {self.socket}
listen.mode = 0666
listen.backlog = 4096
pm = static
pm.max_children = 64
env[SERVICE_URL] = {service.url}
""")
        return workshop.start(self.name, [program, "-F", "-y", configuration] + ["-R"] * (os.geteuid() == 0))


ALL = [Flowhook, Floor, FloorLibcurl, Lua, Go, GoFastCGI, Node, PHP]


def write_store(workshop, name, service, settings, webhooks=1, programs=1):
    """Writes a store whose webhook "Enrich Lead" does the benchmarks' job; more webhooks and programs beside it."""
    directory = f"{name}-store"
    for file, text in {**STORE, "flowhook.yaml": settings}.items():
        workshop.write(f"{directory}/{file}", text)
    for number in range(webhooks):
        title = "Enrich Lead" if number == 0 else f"Enrich Lead {number}"
        workshop.write(f"{directory}/webhooks/{number}.yaml", WEBHOOK.format(name=title, url=service.url))
    for number in range(1, programs):
        workshop.write(f"{directory}/marketing-activities/Webinars/{number}/program.yaml",
                       f"id: {2000 + number}\nname: Webinar {number}\n")
        workshop.write(f"{directory}/marketing-activities/Webinars/{number}/my-tokens.yaml",
                       f"Webinar Speaker: Speaker {number}\nSeats: {number}\n")
    return workshop.directory / directory


def fastcgi(peer, workshop):
    """The server of a FastCGI peer: the project's own files for nginx, its names and socket put in."""
    upstream = (ROOT / "nginx/flowhook-upstream.conf").read_text()
    location = (ROOT / "nginx/flowhook.conf").read_text()
    upstream = upstream.replace("upstream flowhook", f"upstream {peer.name}")
    upstream = upstream.replace("unix:/run/flowhook/flowhook.sock", f"unix:{peer.socket}")
    location = location.replace("fastcgi_pass flowhook", f"fastcgi_pass {peer.name}")
    if not peer.is_kept:
        upstream = re.sub(r"(?m)^\s*keepalive.*$", "", upstream)
        location = location.replace("fastcgi_keep_conn on;", "")
    if peer.parameters:
        location = re.sub(r"(?m)^ *fastcgi_param (?:REQUEST_METHOD|REQUEST_URI|CONTENT_TYPE|CONTENT_LENGTH) .*\n", "", location)
        location = location.replace("fastcgi_param FLOWHOOK_MOUNT", f"{peer.parameters}\n    fastcgi_param FLOWHOOK_MOUNT")
    file = workshop.write(f"{peer.name}-location.conf", location)
    return f"{upstream}\nserver {{ listen 127.0.0.1:{peer.port} backlog=4096; include {file}; }}\n"


def http(peer):
    """The server of an HTTP peer, tuned like that of a FastCGI peer."""
    return f"""
upstream {peer.name} {{ server unix:{peer.socket} max_fails=0; keepalive 512; keepalive_requests 1000000; }}
server {{
    listen 127.0.0.1:{peer.port} backlog=4096;
    location /flow/ {{
        proxy_pass http://{peer.name};
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $http_host;
        proxy_set_header X-Request-Id $request_id;
        client_max_body_size 1m;
        client_body_buffer_size 64k;
        proxy_buffer_size 16k;
        proxy_buffers 8 16k;
        proxy_max_temp_file_size 0;
        proxy_read_timeout 40s;
    }}
}}
"""


def start_front(workshop, peers, name="front"):
    """Starts one nginx in front of all peers that need one."""
    servers = "".join(fastcgi(peer, workshop) if peer.front == "fastcgi" else http(peer)
                      for peer in peers if peer.has_front)
    for peer in peers:
        peer.wait()
        if peer.socket.exists():
            # nginx's workers are of another user.
            peer.socket.chmod(0o666)
    return start_nginx(workshop, name, servers)


def start_nginx(workshop, name, servers, modules=""):
    """Starts nginx with some servers, a worker for each CPU."""
    directory = workshop.directory / f"{name}-nginx"
    directory.mkdir()
    configuration = workshop.write(f"{name}-nginx/nginx.conf", f"""\
{modules}{"user root;" if os.geteuid() == 0 else ""}
daemon off;
pid {directory}/nginx.pid;
worker_processes auto;
worker_rlimit_nofile 60000;
events {{ worker_connections 30000; }}
http {{
    access_log off;
    error_log {directory}/error.log warn;
    keepalive_requests 10000000;
    {" ".join(f"{kind}_temp_path {directory}/{kind};" for kind in ("client_body", "fastcgi", "proxy", "scgi", "uwsgi"))}
    {servers}
}}
""")
    process = workshop.start(name, ["nginx", "-p", directory, "-c", configuration, "-e", directory / "error.log"])
    wait_until(f"nginx ({name})", lambda: process.check() or (directory / "nginx.pid").exists())
    return process
