//! A Python index that nobody here wrote, and publications to it: uninterrupted, cut off, tampered with, raced, and behind
//! passwords. It must never be replaced by a server of ours: uv and pip talk to it as they do to a company's own.

use std::{
    collections::BTreeMap,
    fs,
    net::{TcpListener, TcpStream},
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    harness::{Place, CommandOutput, run, write_program},
    outside::{LARK, Outside, dist, side_by_side, tools, venvs},
    crashes::is_full,
    fault_proxy::{Fault, Rule, FaultProxy},
};

tests! {
    a_publication_is_done_once_and_users_have_it: needs PYPISERVER;
    who_is_let_in: needs PYPISERVER;
    who_is_not_let_in_is_reported_before_anything_is_sent: needs PYPISERVER;
    cut_off_at_each_upload: needs PYPISERVER;
    other_bytes_under_our_name: needs PYPISERVER;
    somebody_else_uploads_between_look_and_send: needs PYPISERVER;
}

const REQUIREMENTS: &str = include_str!("pypiserver-requirements.txt");

const USER: &str = "ada";
const PASSWORD: &str = "a-lark-in-the-0pen-air";

/// Installs the server where all tests find it, once for each list of requirements; otherwise says why not.
pub fn install() -> Result<(), String> {
    let dir = home();
    let finished = dir.join("finished");
    if fs::read_to_string(&finished).is_ok_and(|installed| installed == REQUIREMENTS) {
        return Ok(());
    }
    let _ = fs::remove_dir_all(&dir);
    let list = dir.join("requirements.txt");
    let step = |command: &mut Command| match command.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned()),
        Err(error) => Err(error.to_string()),
    };
    let reported = |why| format!("pip could not install pypiserver: {why}");
    step(Command::new("python3").args(["-m", "venv"]).arg(&dir)).map_err(reported)?;
    fs::write(&list, REQUIREMENTS).unwrap();
    let mut pip = Command::new(dir.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]);
    step(pip.args(["--only-binary", ":all:", "--requirement"]).arg(&list)).map_err(reported)?;
    fs::write(&finished, REQUIREMENTS).unwrap();
    Ok(())
}

fn home() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("outside-pypiserver")
}

/// What asks for user and password.
#[derive(Clone, Copy)]
enum Closed {
    Uploads,
    All,
}

/// The server of one story.
struct Index {
    server: Child,
    /// `http://127.0.0.1:PORT`
    address: String,
    files: PathBuf,
}

impl Index {
    fn start(dir: &Path, closed: Closed) -> Index {
        let files = dir.join("index");
        fs::create_dir_all(&files).unwrap();
        let users = dir.join("htpasswd");
        let script = "import sys
from passlib.apache import HtpasswdFile
users = HtpasswdFile(sys.argv[1], new=True)
users.set_password(*sys.argv[2:])
users.save()";
        run(Command::new(home().join("bin/python")).args(["-c", script]).arg(&users).args([USER, PASSWORD]));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(home().join("bin/pypi-server"));
        command.args(["run", "--interface", "127.0.0.1", "--disable-fallback", "--port", &port.to_string()]);
        command.args(["--authenticate", if matches!(closed, Closed::All) { "update,list,download" } else { "update" }]);
        let log = fs::File::create(dir.join("index.log")).unwrap();
        command.arg("--passwords").arg(&users).arg("-v").arg(&files);
        let mut server = command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert_eq!(server.try_wait().unwrap(), None, "the index ended");
            assert!(begun.elapsed() < Duration::from_secs(300), "the index does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        Index { server, address: format!("http://127.0.0.1:{port}"), files }
    }

    /// What it holds, with when it came.
    fn holds(&self) -> BTreeMap<String, (Vec<u8>, std::time::SystemTime)> {
        let entries = fs::read_dir(&self.files).unwrap().map(|entry| entry.unwrap().path());
        let file = |path: PathBuf| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, (fs::read(&path).unwrap(), fs::metadata(&path).unwrap().modified().unwrap()))
        };
        entries.map(file).collect()
    }

    /// The same without the times.
    fn bytes(&self) -> BTreeMap<String, Vec<u8>> {
        self.holds().into_iter().map(|(name, (bytes, _))| (name, bytes)).collect()
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A wheel and a source distribution as they are on a disk.
fn bytes_in(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let of = |path: PathBuf| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap());
    fs::read_dir(dir).unwrap().map(|entry| of(entry.unwrap().path())).collect()
}

/// A machine that publishes to the index at this address, and knows of no other.
fn machine(outside: &Outside, name: &str, address: &str) -> Place {
    let mut machine = outside.machine(name);
    machine.env.retain(|(name, _)| name == "UV_CACHE_DIR" || !["UV_", "PIP_"].iter().any(|start| name.starts_with(start)));
    let own = machine.tree.parent().unwrap().to_owned();
    for (name, value) in [
        ("UV_PUBLISH_URL", format!("{address}/")),
        ("UV_PUBLISH_CHECK_URL", format!("{address}/simple/")),
        ("UV_PUBLISH_USERNAME", USER.to_owned()),
        ("UV_PUBLISH_PASSWORD", PASSWORD.to_owned()),
        // Who asked here would be told nothing.
        ("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple/".to_owned()),
        ("UV_HTTP_RETRIES", "0".to_owned()),
        // Nothing of whoever runs the tests.
        ("NETRC", own.join("netrc").display().to_string()),
        ("XDG_CONFIG_HOME", own.join("config").display().to_string()),
        ("XDG_DATA_HOME", own.join("data").display().to_string()),
    ] {
        machine.env.push((name.to_owned(), value));
    }
    machine
}

fn publish() -> String {
    format!("{} --only wheels", LARK.publish())
}

/// What the tool has said, without the password.
#[track_caller]
fn tool(machine: &Place, args: &str) -> CommandOutput {
    let output = machine.xtask(args);
    assert!(!output.all().contains(PASSWORD), "{}", output.all());
    output
}

fn a_publication_is_done_once_and_users_have_it() {
    let outside = Outside::new("pypiserver_once");
    let index = Index::start(outside.dir(), Closed::Uploads);
    let machine = machine(&outside, "a", &index.address);
    let output = tool(&machine, &format!("{} --dry-run", publish())).ok();
    assert!(output.out.contains("todo") && index.holds().is_empty(), "{}", output.all());
    tool(&machine, &publish()).ok();
    let holds = index.holds();
    assert_eq!(index.bytes(), bytes_in(&dist()));
    let output = tool(&machine, &publish()).ok();
    assert!(output.out.contains("2 files, hashes as built"), "{}", output.all());
    assert_eq!(index.holds(), holds, "there is nothing to send twice");

    let simple = format!("{}/simple/", index.address);
    let user = outside.dir().join("user");
    let mut python = machine.command("python3");
    run(python.args(["-m", "venv"]).arg(&user));
    let mut pip = machine.command(user.join("bin/pip"));
    run(pip.args(["install", "--quiet", "--disable-pip-version-check", "--index-url", &simple, "Lark_Python==0.7.3"]));
    run(machine.command(user.join("bin/python")).args(["-c", "import lark_python; assert lark_python.__version__ == '0.7.3'"]));
}

/// At each file: it is lost, its answer is lost, it breaks in the middle, and the tool is killed before and after.
fn cut_off_at_each_upload() {
    let faults = [Fault::Lost, Fault::Unanswered, Fault::Cut, Fault::Killed, Fault::KilledAfter];
    let all = faults.iter().enumerate().flat_map(|(at, fault)| [(at, 0, fault), (at, 1, fault)]);
    let points: Vec<(usize, &Fault)> =
        all.filter(|(at, k, _)| is_full() || (at + k) % 2 == 0).map(|(_, k, fault)| (k, fault)).collect();
    side_by_side(&points, 4, |&(k, fault)| {
        let what = format!("{fault:?} at {k}");
        let outside = Outside::new(&format!("pypiserver_{}_{k}", format!("{fault:?}").to_lowercase()));
        let index = Index::start(outside.dir(), Closed::Uploads);
        let fault_proxy = FaultProxy::before(&index.address, None);
        fault_proxy.set([Rule { fault: fault.clone(), on: "POST /", after: k, times: 1 }]);
        let machine = machine(&outside, "a", &fault_proxy.address);
        let child = crate::crashes::start(&machine, &publish());
        fault_proxy.watch(child.id());
        let first = CommandOutput::of(child.wait_with_output().unwrap());
        assert_eq!(fault_proxy.left(), 0, "{what}: {}", first.all());
        let is_killed = matches!(fault, Fault::Killed | Fault::KilledAfter);
        assert_eq!(first.code, if is_killed { None } else { Some(0) }, "{what}: {}", first.all());
        outside.settle();
        let before = index.holds();
        tool(&machine, &publish()).ok();
        assert_eq!(index.bytes(), bytes_in(&dist()), "{what}");
        assert!(before.iter().all(|(name, file)| index.holds()[name] == *file), "{what}: nothing is sent twice");
        drop((index, fault_proxy));
        outside.forget();
    });
}

/// A wheel of our name that is not ours, and what uploads it.
fn others(machine: &Place) -> (PathBuf, String) {
    let others = machine.tree.with_file_name("others");
    fs::create_dir_all(&others).unwrap();
    let script = "import shutil, sys, zipfile
wheel = shutil.copy(*sys.argv[1:])
with zipfile.ZipFile(wheel, 'a') as wheel:
    wheel.comment = b'other'";
    let wheel = dist().join("lark_python-0.7.3-py3-none-any.whl");
    run(machine.command("python3").args(["-c", script]).arg(wheel).arg(&others));
    let uv = venvs(&tools()).remove(0).join("bin/uv");
    let upload = format!("{} publish --quiet {}/*", uv.display(), others.display());
    (others, upload)
}

fn other_bytes_under_our_name() {
    let outside = Outside::new("pypiserver_other");
    let index = Index::start(outside.dir(), Closed::Uploads);
    let machine = machine(&outside, "a", &index.address);
    let (others, upload) = others(&machine);
    run(machine.command("sh").env_remove("UV_PUBLISH_CHECK_URL").args(["-c", &upload]));
    for (args, refuses) in
        [(format!("{} --dry-run", publish()), "blocked: "), (publish(), "nothing was done")]
    {
        let output = tool(&machine, &args);
        assert_eq!(output.code, Some(1), "{}", output.all());
        let all = output.all();
        assert!(all.contains("the index has another lark_python-0.7.3-py3-none-any.whl: its sha256 is"), "{all}");
        assert!(all.contains(refuses) && !all.contains("Uploading"), "{all}");
        assert_eq!(index.bytes(), bytes_in(&others), "nothing was sent");
    }
}

/// Has somebody else be faster: when uv is called to publish, this command comes first.
fn hurry(machine: &Place, command: &str) {
    let venv = venvs(machine.tree.with_file_name("target").as_path()).remove(0);
    let made = venv.canonicalize().unwrap();
    fs::remove_file(&venv).unwrap();
    fs::create_dir_all(venv.join("bin")).unwrap();
    for (from, to) in [(made.clone(), venv.clone()), (made.join("bin"), venv.join("bin"))] {
        for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
            if entry.file_name() != "bin" && entry.file_name() != "uv" {
                symlink(entry.path(), to.join(entry.file_name())).unwrap();
            }
        }
    }
    let uv = made.join("bin/uv");
    let text = format!(
        "#!/bin/sh\nif [ \"$1\" = publish ] && ! [ -e \"$0.hurried\" ]; then touch \"$0.hurried\"; {command}; fi\nexec {} \"$@\"\n",
        uv.display()
    );
    write_program(&venv.join("bin/uv"), &text);
    assert!(fs::metadata(venv.join("bin/uv")).unwrap().permissions().mode() & 0o100 != 0);
}

fn somebody_else_uploads_between_look_and_send() {
    let outside = Outside::new("pypiserver_race");
    // Who is told where the index lists has uv look once more; who is not gets the server's own answer.
    for (name, says, is_ours) in
        [("same", true, true), ("same_unsaid", false, true), ("other", true, false), ("other_unsaid", false, false)]
    {
        let dir = outside.dir().join(format!("of_{name}"));
        fs::create_dir_all(&dir).unwrap();
        let index = Index::start(&dir, Closed::Uploads);
        let mut machine = machine(&outside, name, &index.address);
        if !says {
            let simple = format!("{}/simple/", index.address);
            machine.env.retain(|(name, _)| name != "UV_PUBLISH_CHECK_URL" && name != "UV_DEFAULT_INDEX");
            machine.env.push(("UV_DEFAULT_INDEX".to_owned(), simple));
        }
        let (others, upload) = others(&machine);
        let wheel = dist().join("*.whl");
        let ours = format!("{} {}", upload.rsplit_once(' ').unwrap().0, wheel.display());
        hurry(&machine, if is_ours { &ours } else { &upload });
        let output = tool(&machine, &publish());
        let all = output.all();
        if is_ours {
            output.ok();
            assert_eq!(index.bytes(), bytes_in(&dist()), "{name}: {all}");
        } else {
            assert_eq!(output.code, Some(1), "{name}: {all}");
            assert!(all.contains("the index has another lark_python-0.7.3-py3-none-any.whl"), "{name}: {all}");
            assert_eq!(index.bytes(), bytes_in(&others), "{name}: nothing stands beside it: {all}");
        }
    }
}

/// The machine without what it publishes with, and with these variables.
fn with(outside: &Outside, name: &str, address: &str, variables: &[(&str, &str)]) -> Place {
    let mut machine = machine(outside, name, address);
    machine.env.retain(|(name, _)| !name.starts_with("UV_PUBLISH_"));
    machine.env.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    machine
}

/// Has all that uv and python are called with be written down.
fn write_down(machine: &Place) -> PathBuf {
    let log = machine.tree.with_file_name("arguments");
    hurry(machine, "true");
    let uv = venvs(machine.tree.with_file_name("target").as_path()).remove(0).join("bin/uv");
    let text = fs::read_to_string(&uv).unwrap();
    write_program(&uv, &text.replacen('\n', &format!("\necho \"$*\" >> {}\n", log.display()), 1));
    log
}

/// The index tells nobody who is not known what it has, and takes nothing of him: each way in which uv is let in.
fn who_is_let_in() {
    let outside = Outside::new("pypiserver_in");
    let ways = ["variables", "address", "netrc", "keyring", "named", "login"];
    side_by_side(&ways, 3, |way| {
        let dir = outside.dir().join(format!("of_{way}"));
        fs::create_dir_all(&dir).unwrap();
        let index = Index::start(&dir, Closed::All);
        let address = &index.address;
        let at = address.replace("://", &format!("://{USER}@"));
        let inside = address.replace("://", &format!("://{USER}:{PASSWORD}@"));
        let (upload, simple) = (format!("{address}/"), format!("{address}/simple/"));
        let plain = [("UV_PUBLISH_URL", upload.as_str()), ("UV_PUBLISH_CHECK_URL", simple.as_str())];
        let machine = match *way {
            "variables" => {
                let simple = format!("{inside}/simple/");
                let own = [("UV_PUBLISH_USERNAME", USER), ("UV_PUBLISH_PASSWORD", PASSWORD)];
                with(&outside, way, address, &[plain[0], ("UV_PUBLISH_CHECK_URL", &simple), own[0], own[1]])
            }
            "address" => {
                let (upload, simple) = (format!("{inside}/"), format!("{inside}/simple/"));
                with(&outside, way, address, &[("UV_PUBLISH_URL", &upload), ("UV_PUBLISH_CHECK_URL", &simple)])
            }
            "netrc" => {
                let machine = with(&outside, way, address, &plain);
                let text = format!("machine 127.0.0.1\nlogin {USER}\npassword {PASSWORD}\n");
                fs::write(machine.tree.with_file_name("netrc"), text).unwrap();
                machine
            }
            "keyring" => {
                let bin = dir.join("bin");
                fs::create_dir_all(&bin).unwrap();
                let text = format!("#!/bin/sh\n[ \"$1 $3\" = 'get {USER}' ] && echo {PASSWORD}\n");
                write_program(&bin.join("keyring"), &text);
                let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
                let (upload, simple) = (format!("{at}/"), format!("{at}/simple/"));
                let places = [("UV_PUBLISH_URL", upload.as_str()), ("UV_PUBLISH_CHECK_URL", &simple)];
                let keyring = [("UV_KEYRING_PROVIDER", "subprocess"), ("PATH", path.as_str())];
                with(&outside, way, address, &[places, keyring].concat())
            }
            "named" => {
                let own = [("UV_INDEX_OUR_HOUSE_USERNAME", USER), ("UV_INDEX_OUR_HOUSE_PASSWORD", PASSWORD)];
                let machine = with(&outside, way, address, &[("UV_PUBLISH_INDEX", "our-house"), own[0], own[1]]);
                let manifest = "lark-python/pyproject.toml";
                let table = format!("[[tool.uv.index]]\nname = \"our-house\"\nurl = {simple:?}\npublish-url = {upload:?}\n");
                machine.write(manifest, &format!("{}\n{table}", machine.read(manifest)));
                machine
            }
            _ => {
                let machine = with(&outside, way, address, &plain);
                let uv = venvs(&tools()).remove(0).join("bin/uv");
                let login = format!("echo {PASSWORD} | {} auth login {address} --username {USER} --password -", uv.display());
                run(machine.command("sh").args(["-c", &login]));
                machine
            }
        };
        let arguments = write_down(&machine);
        let output = tool(&machine, &format!("{} --dry-run", publish())).ok();
        assert!(output.out.contains("todo    wheels and sdist") && index.holds().is_empty(), "{way}: {}", output.all());
        tool(&machine, &publish()).ok();
        assert_eq!(index.bytes(), bytes_in(&dist()), "{way}");
        let output = tool(&machine, &format!("{} --dry-run", publish())).ok();
        assert!(output.out.contains("2 files, hashes as built"), "{way}: {}", output.all());
        let arguments = fs::read_to_string(arguments).unwrap();
        assert!(arguments.contains("publish") && !arguments.contains(PASSWORD), "{way}: {arguments}");
    });
}

fn who_is_not_let_in_is_reported_before_anything_is_sent() {
    let outside = Outside::new("pypiserver_out");
    let index = Index::start(outside.dir(), Closed::All);
    let address = &index.address;
    let (upload, simple) = (format!("{address}/"), format!("{address}/simple/"));
    let inside = simple.replace("://", &format!("://{USER}:{PASSWORD}@"));
    let wrong = simple.replace("://", &format!("://{USER}:another-w0rd@"));
    let to = ("UV_PUBLISH_URL", upload.as_str());
    for (name, variables, reported) in [
        ("asks", &[to, ("UV_PUBLISH_CHECK_URL", &simple), ("UV_PUBLISH_TOKEN", "a-token-0f-mine")][..],
            "does not let in who asks (401 Unauthorized); next: write user and password into UV_PUBLISH_CHECK_URL"),
        ("asks_wrongly", &[to, ("UV_PUBLISH_CHECK_URL", &wrong), ("UV_PUBLISH_TOKEN", "a-token-0f-mine")],
            "does not let in who asks (403 Forbidden)"),
        ("sends", &[to, ("UV_PUBLISH_CHECK_URL", &inside)], "uv has nothing to publish it with; next: set UV_PUBLISH_TOKEN, or UV_PUBLISH_USERNAME"),
        ("half", &[to, ("UV_PUBLISH_CHECK_URL", &inside), ("UV_PUBLISH_USERNAME", USER)], "UV_PUBLISH_USERNAME is set, and no password"),
        ("nowhere", &[to, ("UV_PUBLISH_TOKEN", "a-token-0f-mine"), ("UV_DEFAULT_INDEX", "")], "nothing says where they are listed: set UV_PUBLISH_CHECK_URL"),
    ] {
        let machine = with(&outside, name, address, variables);
        let output = tool(&machine, &publish());
        let all = output.all().replace("\n     next: ", "; next: ");
        assert!(output.code == Some(1) && all.contains(reported), "{name}: {all}");
        assert!(all.contains("nothing was done") && !all.contains("another-w0rd"), "{name}: {all}");
        assert!(index.holds().is_empty(), "{name}");
    }
}
