"""Calls a hook of a build backend that a project has in its own tree (PEP 517): which one, where to, whose, and where that is."""
import importlib, os, sys

hook, out, name, *paths = sys.argv[1:]
sys.path[:0] = [os.path.abspath(path) for path in paths]
module, _, attributes = name.partition(":")
backend = importlib.import_module(module)
for attribute in filter(None, attributes.split(".")):
    backend = getattr(backend, attribute)
getattr(backend, hook)(out)
