//! A wheel and a source distribution made by hand, where building them is not what a story is about.
//! They must never differ from one time to the next: a registry compares bytes.

use std::{fs, path::Path};

use crate::harness::{Place, run};

/// A wheel and a source distribution, as small as they may be, and the same bytes each time.
pub fn make_dist(place: &Place, dist: &Path, version: &str) {
    let script = r#"
import gzip, hashlib, base64, io, pathlib, sys, tarfile, zipfile
out = pathlib.Path(sys.argv[1]); out.mkdir(parents=True, exist_ok=True)
meta = "Metadata-Version: 2.1\nName: lark-python\nVersion: 0.7.3\nSummary: A lark\nRequires-Python: >=3.9\n"
files = {
    "lark_python/__init__.py": "__version__ = '0.7.3'\n",
    "lark_python-0.7.3.dist-info/METADATA": meta,
    "lark_python-0.7.3.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}
record = "".join(
    f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()},{len(text)}\n"
    for name, text in files.items())
files["lark_python-0.7.3.dist-info/RECORD"] = record + "lark_python-0.7.3.dist-info/RECORD,,\n"
with zipfile.ZipFile(out / "lark_python-0.7.3-py3-none-any.whl", "w") as wheel:
    for name, text in files.items():
        wheel.writestr(zipfile.ZipInfo(name), text)
plain = io.BytesIO()
with tarfile.open(fileobj=plain, mode="w") as sdist:
    for name, text in {"PKG-INFO": meta, "lark_python/__init__.py": files["lark_python/__init__.py"]}.items():
        member = tarfile.TarInfo("lark_python-0.7.3/" + name)
        member.size = len(text)
        sdist.addfile(member, io.BytesIO(text.encode()))
(out / "lark_python-0.7.3.tar.gz").write_bytes(gzip.compress(plain.getvalue(), mtime=0))
"#;
    let script = script.replace("0.7.3", version);
    let _ = fs::remove_dir_all(dist);
    run(place.command("python3").args(["-c", &script]).arg(dist));
}
