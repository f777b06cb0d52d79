"""Tells where pip looks for projects as it is configured here, and where it would by itself, as JSON."""
import sys

# Nothing of the directory that it is called in, and this before anything else is imported.
sys.path = [place for place in sys.path if place]
import glob, json, os, sysconfig

try:
    import pip
except ImportError:
    # The one that a virtual environment gets.
    import ensurepip

    places = [os.path.join(os.path.dirname(ensurepip.__file__), "_bundled"), sysconfig.get_config_var("WHEEL_PKG_DIR")]
    sys.path[:0] = [wheel for place in places if place for wheel in glob.glob(os.path.join(place, "pip-*.whl"))]
from pip._internal.commands import create_command
from pip._internal.models.index import PyPI

try:
    told = create_command("install").parser.get_default_values()
except (Exception, SystemExit):
    # It is configured with what it does not understand.
    sys.exit(7)
json.dump({"index": told.index_url, "extra": told.extra_index_urls, "by_itself": PyPI.simple_url}, sys.stdout)
