"""Tells what an installed project holds, by the list of its files: what it is imported as, and which programs it brings."""
import contextlib, importlib, importlib.machinery, importlib.metadata, os, re, subprocess, sys, sysconfig, tempfile

# A library that Python does not import has a bare one: those of cffi and uniffi do.
COMPILED = [suffix for suffix in importlib.machinery.EXTENSION_SUFFIXES if suffix != ".so"]


def modules(dist):
    """What is imported: the package of the project's name, else what holds compiled code, else all; and that code."""
    found = {}
    for file in dist.files or []:
        names = list(file.parts)
        suffixes = [suffix for suffix in importlib.machinery.all_suffixes() if names[-1].endswith(suffix)]
        if not suffixes:
            continue
        suffix = max(suffixes, key=len)
        names[-1] = names[-1][: -len(suffix)]
        if names[-1] == "__init__":
            names.pop()
        if names and all(name.isidentifier() for name in names):
            parts = found.setdefault(names[0], [])
            if suffix in COMPILED:
                parts.append(".".join(names))
    own = re.sub("[-_.]+", "_", dist.metadata["Name"]).lower()
    chosen = [name for name in found if name.lower() == own]
    chosen = chosen or [name for name in found if found[name]] or list(found)
    return {name: found[name] for name in chosen}


def programs(dist):
    """What stands among the environment's programs, but for those that only call the project's functions."""
    calls = {entry.name for entry in dist.entry_points}
    there = os.path.realpath(sysconfig.get_path("scripts"))
    paths = [os.path.normpath(dist.locate_file(file)) for file in dist.files or []]
    paths = [path for path in paths if os.path.realpath(os.path.dirname(path)) == there]
    return [path for path in paths if os.path.splitext(os.path.basename(path))[0] not in calls]


def lacks_requirements(dist):
    """Whether something that it requires is not installed beside it."""
    for requirement in dist.requires or []:
        try:
            if "extra ==" not in requirement:
                importlib.metadata.distribution(re.match("[A-Za-z0-9._-]+", requirement).group())
        except importlib.metadata.PackageNotFoundError:
            return True
    return False


def started(path):
    """What a program says of its version. One that only does not know how to tell it has started as well."""
    told = None
    with tempfile.TemporaryDirectory() as place:
        for flag in ["--version", "--help"]:
            try:
                told = subprocess.run(
                    [path, flag], stdin=subprocess.DEVNULL, capture_output=True, cwd=place, timeout=30
                )
            except subprocess.TimeoutExpired:
                return ""
            except OSError as error:
                sys.exit(f"{path} does not start: {error}")
            if told.returncode == 0:
                return told.stdout.decode(errors="replace") if flag == "--version" else ""
    # A signal ended it, or what it is linked with is not there.
    if told.returncode < 0 or told.returncode in (126, 127) or told.returncode >= 0xC0000000:
        words = told.stderr.decode(errors="replace").strip().splitlines()
        sys.exit(f"{path} does not start: " + (words[-1] if words else f"it ended with {told.returncode}"))
    return ""


def tell(name, versions):
    """Where it stands, the versions that metadata and code tell, and a line for each part."""
    dist = importlib.metadata.distribution(name)
    compiled, lines = "", []
    parts = modules(dist)
    try:
        for module in parts:
            # What code prints when it is imported is no answer.
            with contextlib.redirect_stdout(sys.stderr):
                compiled = compiled or str(getattr(importlib.import_module(module), "__version__", ""))
                for part in parts[module]:
                    importlib.import_module(part)
            lines.append("module " + module)
    except ModuleNotFoundError as error:
        missing = (error.name or "").split(".")[0]
        if missing in parts or not lacks_requirements(dist):
            raise
        lines.append("needs " + missing)
    for path in programs(dist):
        told = started(path).split()
        lines.append(("tells " if set(versions) & set(told) else "starts ") + os.path.basename(path))
    print(sysconfig.get_path("platlib"), dist.version, " ".join(compiled.split()), *lines, sep="\n")
