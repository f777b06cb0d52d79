#!/usr/bin/env python3
"""Speaks as much of the command line of docker and podman as the tool uses, and runs nothing.

It is called `docker` or `podman`. ENGINE_STATE names the file that keeps its images; ENGINE_LACKS says what this machine does
not let it do: `build`, `run`, or `crun` (run with the default runtime). What an image does is the word in its CMD:
`serve`, `crash`, or `ail`.
"""

import base64
import fcntl
import hashlib
import http.client
import json
import os
import re
import sys

HYBRID = "Error: OCI runtime error: crun: cgroups in hybrid mode not supported, drop all controllers from cgroupv2"
# Options with a value of their own.
VALUED = {"--file", "--tag", "--build-arg", "--label", "--format", "--timestamp", "--ulimit", "--runtime", "--output", "--input", "--authfile", "--limit"}

name = os.path.basename(sys.argv[0])
words, options, args = sys.argv[1:], [], []
while words:
    word = words.pop(0)
    if word in VALUED:
        options.append((word, words.pop(0)))
    elif word.startswith("-"):
        options.append((word, ""))
    else:
        args.append(word)
option = dict(options)
verb = args.pop(0) if args else ""
lacks = os.environ.get("ENGINE_LACKS", "")


def fail(message, code=125):
    sys.stderr.write(message + "\n")
    sys.exit(code)


# The tool asks about several images at once, and an engine keeps its own books in order.
lock = open(os.environ["ENGINE_STATE"] + ".lock", "w")
fcntl.flock(lock, fcntl.LOCK_EX)
try:
    with open(os.environ["ENGINE_STATE"]) as file:
        state = json.load(file)
except FileNotFoundError:
    state = {"here": {}, "registry": {}, "containers": {}}
state.setdefault("asked", [])


def keep():
    with open(os.environ["ENGINE_STATE"], "w") as file:
        json.dump(state, file)


def ask(reference):
    """Asks the registry of an image with what the engine was given to log in with, and without."""
    directory = os.path.dirname(option.get("--authfile", "")) or os.environ.get("DOCKER_CONFIG", "")
    host = reference.split("/")[0]
    try:
        with open(os.path.join(directory, "config.json")) as file:
            config = json.load(file)
        login = config["auths"][host]["auth"]
    except (OSError, KeyError):
        return
    modes = [oct(os.stat(os.path.join(directory, name)).st_mode & 0o777) for name in ("", "config.json")]
    answers = []
    for headers in ({}, {"Authorization": "Basic " + base64.b64encode(b"rehearsal:guessed").decode()}, {"Authorization": f"Basic {login}"}):
        client = http.client.HTTPConnection(host)
        client.request("GET", "/v2/", headers=headers)
        answer = client.getresponse()
        answers.append([answer.status, answer.read().decode()])
    state["asked"].append({"verb": verb, "modes": modes, "answers": answers, "context": config.get("currentContext")})


def known(reference):
    if reference not in state["here"]:
        fail(f"Error: {reference}: image not known")
    return state["here"][reference]


if "--version" in option:
    print("podman version 4.3.1" if name == "podman" else "Docker version 28.2.2, build e6534b4")
elif verb == "info":
    print("host:\n  arch: amd64\n  serviceIsRemote: false" if name == "podman" else " Architecture: x86_64")
elif verb == "build":
    state["logins"] = [option.get("--authfile"), os.environ.get("DOCKER_CONFIG")]
    if lacks == "build":
        fail("Error: mount /proc: operation not permitted")
    with open(option["--file"]) as file:
        text = file.read()
    for source in re.findall(r"^COPY (\S+)", text, re.M):
        if not os.path.exists(os.path.join(args[0], source)):
            fail(f"Error: building at STEP \"COPY {source}\": no such file or directory")
    does = re.search(r'^CMD \["(\w+)"\]', text, re.M)
    labels = dict(value.split("=", 1) for key, value in options if key == "--label")
    image = {"does": does.group(1) if does else "end", "labels": labels}
    image["id"] = hashlib.sha256((text + json.dumps(labels)).encode()).hexdigest()
    state["here"][option["--tag"]] = image
    keep()
elif verb == "image":
    image = known(args[1])
    print(json.dumps([{"Id": image["id"], "RepoDigests": [], "Config": {"Labels": image["labels"]}}]))
elif verb == "save":
    with open(option["--output"], "x") as file:
        json.dump({args[0]: known(args[0])}, file)
elif verb == "load":
    with open(option["--input"]) as file:
        state["here"].update(json.load(file))
    keep()
elif verb == "tag":
    state["here"][args[1]] = known(args[0])
    keep()
elif verb == "push":
    ask(args[0])
    state["registry"][args[0]] = known(args[0])
    keep()
elif verb == "pull":
    ask(args[0])
    keep()
    if args[0] not in state["registry"]:
        fail(f"Error: reading manifest in {args[0]}: manifest unknown")
    state["here"][args[0]] = state["registry"][args[0]]
    keep()
elif verb == "search" and name == "podman":
    tags = [reference.rsplit(":", 1)[1] for reference in state["registry"] if reference.rsplit(":", 1)[0] == args[0]]
    if not tags:
        fail("Error: 1 error occurred:\n\t* getting repository tags: fetching tags list: invalid status code from registry 404 (Not Found)\n")
    print(json.dumps([{"Name": args[0], "Tags": tags[: int(option["--limit"])]}]))
elif verb == "run":
    runtime = option.get("--runtime", "crun")
    if runtime not in ("crun", "runc"):
        fail(f'Error: default OCI runtime "{runtime}" not found: invalid argument')
    if ("nofile=1024:1024") not in [value for _, value in options]:
        fail("Error: crun: setrlimit `RLIMIT_NOFILE`: Operation not permitted: OCI permission denied", 126)
    if lacks == "run" or lacks == runtime:
        fail(HYBRID, 126)
    if "--detach" in option:
        state["containers"]["c0ffee"] = known(args[0])["does"]
        keep()
        print("c0ffee")
elif verb == "container":
    does = state["containers"][args[1]]
    if "Health" in option["--format"]:
        print("unhealthy" if does == "ail" else "healthy")
    else:
        print("false 3" if does == "crash" else "true 0")
elif verb == "healthcheck":
    sys.exit(1 if state["containers"][args[1]] == "ail" else 0)
elif verb == "logs":
    print("the database is locked" if state["containers"][args[0]] == "crash" else "")
elif verb == "rm":
    state["containers"].pop(args[-1])
    keep()
elif verb not in ("kill", "rmi"):
    fail(f'Error: unknown command "{verb}"')
