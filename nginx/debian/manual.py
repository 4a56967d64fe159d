"""Writes flowhook(1): commands and options as the program itself tells them, and what it does not tell."""
import json
import subprocess
import sys

SIGNALS = [
    ("SIGHUP", "Reads the store anew and reopens the activity log. A store that is wrong is reported; the old one stays."),
    ("SIGTERM, SIGINT, SIGUSR1", "Lets requests in flight end, for 35 seconds at most, and exits."),
]
ENVIRONMENT = [
    ("FLOWHOOK_STORE", "The store, where \\-\\-store does not name it."),
    ("FLOWHOOK_...", "A setting in place of flowhook.yaml's, such as FLOWHOOK_LOG_LEVEL."),
    ("LISTEN_FDS, LISTEN_PID", "The socket that systemd hands over (sd_listen_fds(3))."),
    ("NOTIFY_SOCKET", "Where systemd is told of the start and the end (sd_notify(3))."),
    ("CREDENTIALS_DIRECTORY", "Where the My Tokens with \"credential\" are read."),
]
FILES = [
    ("/etc/flowhook", "The store."),
    ("/run/flowhook/flowhook.sock", "The socket of flowhook.socket, for the group www\\-data."),
    ("/etc/nginx/snippets/flowhook.conf, flowhook\\-upstream.conf", "What an nginx includes."),
    ("/usr/share/flowhook/other\\-servers", "The same for Apache, lighttpd, Caddy and fcgiwrap."),
]
STATUSES = [
    ("0", "Success."), ("1", "A flow action that was rejected or failed, or a case that fails."),
    ("2", "A request that is refused."), ("64", "The command's words are off."),
    ("65", "What was to be imported cannot be read as such."), ("66", "A file that is named cannot be read."),
    ("69", "The system does not give what the service needs."),
    ("71", "The system denies what every command needs."), ("73", "Something cannot be written."),
    ("78", "The store does not load."),
]


def escaped(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in text.split("\n"))


def definitions(title, pairs):
    print(f".SH {title}")
    for name, text in pairs:
        print(f".TP\n.B {name}\n{text}")


def option(argument):
    names = [("--" if n["kind"] == "long" else "-") + n["name"] for n in argument.get("names", [])]
    value = argument.get("valueName", "value")
    if argument["kind"] == "positional":
        return f"\\fI{escaped(value)}\\fR"
    text = ", ".join(f"\\fB{escaped(name)}\\fR" for name in names)
    return text + (f" \\fI{escaped(value)}\\fR" if argument["kind"] == "option" else "")


def shown(command):
    return [a for a in command.get("arguments", []) if a.get("shouldDisplay", True) and a.get("valueName") not in ("help", "version")]


def write(command, path):
    for child in command.get("subcommands", []):
        if child["commandName"] == "help" or not child.get("shouldDisplay", True):
            continue
        name = f"{path} {child['commandName']}"
        arguments = "".join(f" [{option(a)}]" if a["isOptional"] else f" {option(a)}" for a in shown(child))
        print(f".SS {escaped(name)}{arguments}")
        for text in (child.get("abstract"), child.get("discussion")):
            if text:
                print(f"{escaped(text)}\n.PP")
        for argument in shown(child):
            print(f".TP\n{option(argument)}\n{escaped(argument.get('abstract', ''))}")
        write(child, name)


program = sys.argv[1]
tool = json.loads(subprocess.run([program, "--experimental-dump-help"], check=True, capture_output=True).stdout)["command"]
version = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout.strip()
print(f'.TH FLOWHOOK 1 "" "{escaped(version)}" "User Commands"')
print(f".SH NAME\nflowhook \\- {escaped(tool['abstract'].rstrip('.'))}")
print(".SH SYNOPSIS\n.B flowhook\n.I command\n[\\fIoption\\fR ...]")
print(f".SH DESCRIPTION\n{escaped(tool.get('discussion', ''))}")
print(".PP\nStarted by a web server as a CGI program it answers one request; started with a listening socket as descriptor 0 it\nserves FastCGI.")
print(".SH COMMANDS")
write(tool, "flowhook")
definitions("SIGNALS", SIGNALS)
definitions("ENVIRONMENT", ENVIRONMENT)
definitions("FILES", FILES)
definitions("EXIT STATUS", STATUSES)
print(".SH SEE ALSO\n.BR systemd.socket (5),\n.BR systemd.exec (5),\n.BR nginx (8),\n.BR spawn\\-fcgi (1)")
