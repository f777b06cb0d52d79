"""Tells what the first index that knows a project says of it, as JSON. Nothing of the project is run."""
import base64, email.parser, html.parser, http.client, io, json, os, re, site, ssl, sys
import tarfile, urllib.error, urllib.parse, urllib.request, zipfile

LARGEST = 64 << 20
# That there is nothing; every other failure says nothing.
GONE = (404, 410, 451)
JSON = "application/vnd.pypi.simple.v1+json"


class Links(html.parser.HTMLParser):
    """The files of a page of PEP 503."""

    def __init__(self):
        super().__init__()
        self.files = []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "a" and attrs.get("href"):
            href = attrs["href"].split("#")[0]
            name = urllib.parse.unquote(href.rsplit("/", 1)[-1])
            told = "data-core-metadata" in attrs or "data-dist-info-metadata" in attrs
            self.files.append(
                {"filename": name, "url": href, "yanked": "data-yanked" in attrs, "core-metadata": told}
            )


class Https(urllib.request.HTTPSHandler):
    """Reads whom to trust, and what is installed for that, only when it is needed: all else is faster."""

    context = None

    def __init__(self):
        urllib.request.AbstractHTTPHandler.__init__(self)

    def https_open(self, request):
        if not self.context:
            site.main()
            trusted = [os.environ.get(name) for name in ("SSL_CERT_FILE", "PIP_CERT")]
            self.context = ssl.create_default_context(cafile=next(filter(None, trusted), None))
        return self.do_open(http.client.HTTPSConnection, request, context=self.context)


OPENER = urllib.request.build_opener(Https)


def get(url, accept="*/*"):
    parts = urllib.parse.urlsplit(url)
    request = urllib.request.Request(
        urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rsplit("@", 1)[-1])),
        headers={"Accept": accept, "User-Agent": "xtask"},
    )
    if parts.username:
        pair = ":".join(urllib.parse.unquote(part or "") for part in (parts.username, parts.password))
        request.add_header("Authorization", "Basic " + base64.b64encode(pair.encode()).decode())
    with OPENER.open(request, timeout=30) as answer:
        body = answer.read(LARGEST + 1)
        if len(body) > LARGEST:
            raise ValueError("the answer is too large")
        if answer.length:
            raise OSError("the answer was cut off")
        return answer.geturl(), answer.headers.get_content_type(), body


def listed(index, name):
    """The files of a project, or None."""
    page = index.rstrip("/") + "/" + re.sub(r"[-_.]+", "-", name).lower() + "/"
    try:
        base, kind, body = get(page, JSON + ", text/html;q=0.5")
    except urllib.error.HTTPError as error:
        if error.code in GONE:
            return None
        raise
    if kind.endswith("json"):
        files = json.loads(body)["files"]
    else:
        links = Links()
        links.feed(body.decode("utf-8", "replace"))
        files = links.files
    for file in files:
        file["url"] = urllib.parse.urljoin(base, file["url"])
        stem = re.sub(r"\.(whl|tar\.gz|tar\.bz2|zip|egg)$", "", file["filename"])
        wheel = file["filename"].endswith(".whl")
        file["version"] = stem.split("-")[1] if wheel and stem.count("-") > 1 else stem.rsplit("-", 1)[-1]
    return files


def metadata(file):
    """The core metadata of a file: beside it, or read out of it. What is not there or cannot be read names nothing."""
    told = file.get("core-metadata") or file.get("dist-info-metadata") or file.get("data-dist-info-metadata")
    try:
        body = get(file["url"] + ".metadata" * bool(told))[2]
    except urllib.error.HTTPError as error:
        if error.code in GONE:
            return b""
        raise
    except ValueError:
        return b""
    try:
        return body if told else unpacked(file["filename"], io.BytesIO(body))
    except Exception:
        return b""


def unpacked(filename, archive):
    if filename.endswith(".whl"):
        with zipfile.ZipFile(archive) as wheel:
            name = next(name for name in wheel.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name))
            return wheel.open(name).read(LARGEST)
    with tarfile.open(fileobj=archive) as sdist:
        for member in sdist:
            if re.fullmatch(r"[^/]+/PKG-INFO", member.name) and member.isfile():
                return sdist.extractfile(member).read(LARGEST)
    return b""


def links(files, version=None):
    """What a version names, the newest unless one is said, each with its label."""
    files = [file for file in files if version in (None, file["version"])]
    usable = [file for file in files if not file["yanked"]] or files
    if not usable:
        return []
    newest = max(enumerate(usable), key=lambda pair: (pair[1].get("upload-time") or "", pair[0]))[1]
    of_newest = [file for file in usable if file["version"] == newest["version"]]
    file = min(of_newest, key=lambda file: (not file.get("core-metadata"), file.get("size") or 0))
    told = email.parser.BytesParser().parsebytes(metadata(file), headersonly=True)
    named = [url.partition(",")[::2] for url in told.get_all("Project-URL", [])]
    named += [("homepage", url) for url in told.get_all("Home-page", [])]
    return [[label.strip(), url.strip()] for label, url in named]


def main():
    # There may be passwords in addresses, and everybody sees arguments.
    name, wanted, indexes = sys.argv[1], sys.argv[2:], os.environ["XTASK_INDEXES"].split()
    for index in indexes:
        try:
            files = listed(index, name)
            if files is None:
                continue
            versions = {}
            for file in files:
                yanked = bool(file.get("yanked"))
                file["yanked"] = yanked
                versions[file["version"]] = versions.get(file["version"], True) and yanked
            named = links(files, *wanted[1:]) if wanted else []
        except (OSError, ValueError, KeyError, http.client.HTTPException) as error:
            host = urllib.parse.urlsplit(index).netloc.rsplit("@", 1)[-1]
            code = getattr(error, "code", None)
            sys.exit("%s: %s%s" % (host, code and "HTTP %d " % code or "", getattr(error, "reason", None) or error))
        json.dump({"versions": versions, "links": named}, sys.stdout)
        return
    json.dump({"versions": {}, "links": []}, sys.stdout)


main()
