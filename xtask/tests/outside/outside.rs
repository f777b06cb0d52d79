//! The world outside of one story: local registries as a process, weather before them, and machines that publish to them.
//! It must never reach the network: what is not published here is nowhere.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{BufRead as _, BufReader},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{LazyLock, Mutex},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    crashes::start,
    dists::make_dist,
    fault_proxy::FaultProxy,
    harness::{CommandOutput, Place, run, wait_for_gits},
    needs,
};

/// What must never be seen: the tokens, of which this is the part that is the same in each run, and what of a webhook's address is as good as one.
const SECRETS: [&str; 7] = [
    "rehearsal-crates-token",
    "rehearsal-python-token",
    "rehearsal-forge-token",
    "rehearsal-discord-token",
    "rehearsal-slack-token",
    "/api/webhooks/",
    "/services/T1/",
];

/// A train and the command that publishes it.
#[derive(Clone, Copy)]
pub struct Train {
    pub name: &'static str,
    pub tag: &'static str,
    pub version: &'static str,
    /// The channel that a message is posted to.
    pub channel: &'static str,
}

pub const LARK: Train = Train { name: "lark", tag: "v0.7.3", version: "0.7.3", channel: "discord" };
pub const INGEST: Train = Train { name: "ingest", tag: "ingest-v0.3.0", version: "0.3.0", channel: "slack" };

impl Train {
    pub fn publish(&self) -> String {
        let images = if has_images() { "" } else { " --without images" };
        let only = if self.name == "lark" { format!(" --dist {}", dist().display()) } else { images.to_owned() };
        format!("publish {} --train {} --verbose --deadline 30{only}", self.version, self.name)
    }
}

/// The last line of a run that has done all but what a person is to do.
pub const WAITS: &str = "error: waiting for you: do the step above, then run this command again";

/// Whether a publication or a rollback has done all; what may be left is to send the mail that is drafted.
pub fn is_sent(output: &CommandOutput) -> bool {
    let waits = output.all().contains("announce") && output.all().contains("waiting for you to send it");
    output.code == Some(0) || output.code == Some(1) && waits && output.err.lines().last() == Some(WAITS)
}

#[track_caller]
pub fn sent(output: CommandOutput) -> CommandOutput {
    assert!(is_sent(&output), "{}", output.all());
    output
}

/// Whether images can be built and pushed here.
pub fn has_images() -> bool {
    needs::missing(needs::IMAGES).is_none()
}

fn home() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("places").join("outside")
}

pub fn dist() -> PathBuf {
    home().join("dist")
}

/// What all stories start from: the released repository with its remote, and a machine that has packed it.
struct Base {
    place: Place,
}

static BASE: LazyLock<Base> = LazyLock::new(|| {
    let place = Place::of_workspace("outside/base", "shipped");
    place.git("tag --annotate ingest-v0.3.0 --message ingest-v0.3.0");
    place.add_remote();
    // A server does its housekeeping when nobody waits.
    place.git(&format!("--git-dir {} config receive.autogc false", place.remote.display()));
    make_dist(&place, &dist(), "0.7.3");
    make_tools(&place);
    let base = Base { place };
    // Packed and compiled once: in a story, that is the part that is not interesting.
    let outside = Outside::of(&base, "first");
    let machine = outside.bare_machine(&base, "a");
    for train in [LARK, INGEST] {
        outside.publish(&machine, train);
        let kept = base.place.tree.with_file_name("packed").join(train.tag);
        let made = machine.tree.with_file_name("target").join("xtask/publish").join(train.tag);
        fs::create_dir_all(&kept).unwrap();
        run(Command::new("cp").arg("-a").arg(made.join("tree")).arg(&kept));
        if train.name == "lark" {
            fs::create_dir_all(kept.join("crates")).unwrap();
            run(Command::new("cp").arg("-a").arg(made.join("crates/commit")).arg(kept.join("crates")));
            run(Command::new("sh").arg("-c").arg(format!(
                "mkdir -p {0}/crates/package && cp -a {1}/crates/package/*.crate {0}/crates/package",
                kept.display(),
                made.display()
            )));
        }
    }
    drop(outside);
    base
});

/// The tool's own Python environment, made once for all machines: it does not depend on the place.
fn make_tools(place: &Place) {
    let tools = tools();
    let mut tool = Command::new(env!("CARGO_BIN_EXE_xtask"));
    // Installing needs the user's package index, as it does everywhere.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_PKG_")) {
        tool.env_remove(name);
    }
    // Who publishes asks with the tool's own uv; without a token, nothing more comes of it.
    for name in ["UV_PUBLISH_TOKEN", "UV_PUBLISH_PASSWORD", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"] {
        tool.env_remove(name);
    }
    tool.args(["publish", "0.7.3", "--train", "lark", "--only", "wheels", "--dist"]).arg(dist());
    tool.current_dir(&place.tree).env("CARGO_TARGET_DIR", &tools);
    let output = CommandOutput::of(tool.stdin(Stdio::null()).output().unwrap());
    let made = venvs(&tools);
    assert!(made.iter().any(|venv| venv.join("finished").is_file()), "{}", output.all());
}

pub fn tools() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("outside-tools")
}

pub fn venvs(target: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(target.join("xtask")).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("venv-")).collect()
}

/// The registries of one story, with weather before them, and the git remote.
pub struct Outside {
    dir: PathBuf,
    server: Child,
    images: Option<Child>,
    pub fault_proxy: FaultProxy,
    env: Vec<(String, String)>,
}

impl Outside {
    pub fn new(name: &str) -> Outside {
        Outside::of(&BASE, name)
    }

    fn of(base: &Base, name: &str) -> Outside {
        let dir = home().join(name);
        if dir.exists() {
            fs::remove_dir_all(&dir).unwrap();
        }
        fs::create_dir_all(&dir).unwrap();
        run(Command::new("cp").arg("-a").arg(&base.place.remote).arg(&dir));
        Outside::start(dir)
    }

    /// The world of an earlier story once more, as it was left.
    pub fn after(left: &Path, name: &str) -> Outside {
        let dir = home().join(name);
        if dir.exists() {
            fs::remove_dir_all(&dir).unwrap();
        }
        fs::create_dir_all(&dir).unwrap();
        for part in ["remote.git", "registries", "images"].map(|part| left.join(part)) {
            if part.exists() {
                run(Command::new("cp").arg("-a").arg(&part).arg(&dir));
            }
        }
        Outside::start(dir)
    }

    fn start(dir: PathBuf) -> Outside {
        let (server, mut env) = serve(&dir.join("registries"));
        let address = env.iter().find(|(name, _)| name == "HTTP_PROXY").unwrap().1.clone();
        let images = has_images().then(|| serve_images(&dir.join("images")));
        let fault_proxy = FaultProxy::before(&address, images.as_ref().map(|(_, address)| address.as_str()));
        let bare = |address: &str| address.trim_start_matches("http://").to_owned();
        for (_, value) in &mut env {
            *value = value.replace(&bare(&address), &bare(&fault_proxy.address));
        }
        let set = |name: &str, value: String| (name.to_owned(), value);
        env.extend([
            set("UV_DEFAULT_INDEX", env.iter().find(|(name, _)| name == "UV_PUBLISH_CHECK_URL").unwrap().1.clone()),
            set("IMAGE_REGISTRY", format!("{}/rehearsal", bare(&fault_proxy.address))),
            set("CARGO_NET_OFFLINE", "false".to_owned()),
            set("CARGO_TERM_QUIET", "false".to_owned()),
            // Long enough that hardly a beat comes in between.
            set("XTASK_LEASE_SECONDS", "24".to_owned()),
        ]);
        Outside { dir, server, images: images.map(|(child, _)| child), fault_proxy, env }
    }

    /// For stories in which a publisher dies: whoever comes next waits a short time for it.
    pub fn with_short_leases(mut self) -> Outside {
        self.env.push(("XTASK_LEASE_SECONDS".to_owned(), "4".to_owned()));
        self
    }

    /// Has the forge merge pull requests in the remote.
    pub fn merges(&self) {
        let dir = self.dir.join("registries/forge");
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("git.json"), serde_json::json!(self.dir.join("remote.git")).to_string()).unwrap();
    }

    /// What the registries have told to use; their tokens are others in each run.
    pub fn variable(&self, name: &str) -> &str {
        self.env.iter().find_map(|(known, value)| (known == name).then_some(value.as_str())).unwrap()
    }

    /// A machine with a clone of its own, that has packed the crates before.
    pub fn machine(&self, name: &str) -> Place {
        let machine = self.bare_machine(&BASE, name);
        let publish = machine.tree.with_file_name("target").join("xtask");
        let packed = BASE.place.tree.with_file_name("packed");
        run(Command::new("cp").arg("-a").arg(packed).arg(publish.join("publish")));
        machine
    }

    /// A machine with nothing but a clone.
    pub fn new_machine(&self, name: &str) -> Place {
        self.bare_machine(&BASE, name)
    }

    fn bare_machine(&self, base: &Base, name: &str) -> Place {
        let dir = self.dir.join(name);
        if dir.exists() {
            fs::remove_dir_all(&dir).unwrap();
        }
        fs::create_dir_all(dir.join("target/xtask")).unwrap();
        let mut machine = Place { tree: dir.join("tree"), remote: self.dir.join("remote.git"), env: Vec::new() };
        run(base.place.command("git").args(["clone", "--quiet"]).arg(&machine.remote).arg(&machine.tree));
        for venv in venvs(&tools()) {
            std::os::unix::fs::symlink(&venv, dir.join("target/xtask").join(venv.file_name().unwrap())).unwrap();
        }
        let home = dir.join("cargo-home");
        fs::create_dir_all(&home).unwrap();
        let config = fs::read_to_string(self.dir.join("registries/cargo-home/config.toml")).unwrap();
        let (_, address) = config.split_once("sparse+").unwrap();
        let address = address.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        fs::write(home.join("config.toml"), config.replace(&address, &self.fault_proxy.address)).unwrap();
        machine.env = self.env.clone();
        let mut set = |name: &str, value: &Path| {
            machine.env.retain(|(known, _)| known != name);
            machine.env.push((name.to_owned(), value.display().to_string()));
        };
        set("CARGO_HOME", &home);
        // Every call of cargo has it, so that a story without this would go past the weather.
        set("XTASK_CARGO_CONFIG", &home.join("config.toml"));
        set("GH_CONFIG_DIR", &dir.join("gh"));
        set("UV_CACHE_DIR", &dir.join("uv"));
        if has_images() {
            // What one machine has pulled or built, another has not.
            let storage = dir.join("storage.conf");
            let place = |name: &str| dir.join(name).display().to_string();
            let text = format!(
                "[storage]\ndriver = \"vfs\"\ngraphroot = {:?}\nrunroot = {:?}\n",
                place("graphroot"),
                place("runroot")
            );
            fs::write(&storage, text).unwrap();
            set("CONTAINERS_STORAGE_CONF", &storage);
        }
        machine
    }

    /// Runs the tool to its end, and sees that it tells no secret.
    #[track_caller]
    pub fn run(&self, machine: &Place, args: &str) -> CommandOutput {
        let output = machine.xtask(args);
        tells_no_secret(&output);
        output
    }

    /// Publishes a train.
    #[track_caller]
    pub fn publish(&self, machine: &Place, train: Train) -> CommandOutput {
        sent(self.run(machine, &train.publish()))
    }

    /// Says that somebody has sent the mail, where the train has one.
    #[track_caller]
    pub fn confirm(&self, machine: &Place, train: Train) {
        if train.name == LARK.name {
            self.run(machine, &format!("{} --announced mail", train.publish())).ok();
        }
    }

    /// Runs the tool in a process group of its own, which the weather may kill.
    #[track_caller]
    pub fn run_watched(&self, machine: &Place, args: &str) -> CommandOutput {
        let child = start(machine, args);
        self.fault_proxy.watch(child.id());
        let output = CommandOutput::of(child.wait_with_output().unwrap());
        tells_no_secret(&output);
        if output.code.is_none() {
            self.settle();
        }
        output
    }

    /// What has reached the world, in any order, without what differs from run to run.
    pub fn effects(&self) -> Vec<String> {
        let reported = self.raw_effects();
        let mut effects: Vec<String> = reported
            .lines()
            .map(|line| {
                let mut effect: Value = serde_json::from_str(line).unwrap();
                let fields = effect.as_object_mut().unwrap();
                for name in ["at", "id", "release"] {
                    fields.remove(name);
                }
                effect.to_string()
            })
            .collect();
        effects.sort();
        effects
    }

    pub fn raw_effects(&self) -> String {
        fs::read_to_string(self.dir.join("registries/effects.jsonl")).unwrap_or_default()
    }

    /// How many messages a channel has: what a person would see there.
    pub fn messages(&self, channel: &str) -> usize {
        let messages = fs::read_dir(self.dir.join("registries/messages")).into_iter().flatten().flatten();
        let texts = messages.filter(|entry| entry.path().extension().is_some_and(|end| end == "json"));
        let of = |text: &str| serde_json::from_str::<Value>(text).unwrap()["channel"] == channel;
        texts.filter(|entry| of(&fs::read_to_string(entry.path()).unwrap())).count()
    }

    /// The tool's own refs on the remote.
    pub fn refs(&self) -> Vec<String> {
        let mut git = Command::new("git");
        let reported = run(git.args(["ls-remote"]).arg(self.dir.join("remote.git")).arg("refs/xtask/*"));
        reported.lines().filter_map(|line| Some(line.split_once('\t')?.1.to_owned())).collect()
    }

    /// What the image registry has: tags with the layers that they lead to. Older engines write the name of the machine
    /// that built it into an image's configuration, so that its digest is another one on each.
    pub fn images(&self) -> Vec<String> {
        let v2 = self.dir.join("images/data/docker/registry/v2");
        let manifests = v2.join("repositories/rehearsal/ingest/_manifests/tags");
        let mut digests = BTreeSet::new();
        let mut found = Vec::new();
        for entry in fs::read_dir(&manifests).into_iter().flatten().flatten() {
            let tag = entry.file_name().into_string().unwrap();
            let Ok(link) = fs::read_to_string(entry.path().join("current/link")) else { continue };
            let hex = link.strip_prefix("sha256:").unwrap().to_owned();
            let manifest = fs::read_to_string(v2.join("blobs/sha256").join(&hex[..2]).join(&hex).join("data")).unwrap();
            let manifest: Value = serde_json::from_str(&manifest).unwrap();
            found.push(format!("{tag} {}", manifest["layers"]));
            digests.insert(hex);
        }
        assert!(digests.len() <= 1, "the tags are of one image: {found:?}");
        found.sort();
        found
    }

    /// The digest that each tag of the image leads to.
    pub fn image_tags(&self) -> BTreeMap<String, String> {
        let tags = self.dir.join("images/data/docker/registry/v2/repositories/rehearsal/ingest/_manifests/tags");
        let entries = fs::read_dir(tags).into_iter().flatten().flatten();
        let link = |entry: &fs::DirEntry| fs::read_to_string(entry.path().join("current/link")).ok();
        let named = entries.filter_map(|entry| Some((entry.file_name().into_string().unwrap(), link(&entry)?)));
        named.collect()
    }

    /// The address of the Python index, and what a person's browser would send along.
    pub fn yank_manually(&self, name: &str, version: &str) {
        let page = format!("{}/manage/project/{name}/release/{version}/yank", self.fault_proxy.address);
        let login = format!("__token__:{}", self.variable("UV_PUBLISH_TOKEN"));
        run(Command::new("curl").args(["--silent", "--fail", "--data", "", "--user", &login, &page]));
    }

    /// What a program that was killed with the tool left on the remote: a server is not killed with its clients.
    pub fn settle(&self) {
        wait_for_gits(&self.dir);
        for entry in walkdir::WalkDir::new(self.dir.join("remote.git")).into_iter().flatten() {
            if entry.path().extension().is_some_and(|end| end == "lock") {
                fs::remove_file(entry.path()).unwrap();
            }
        }
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What nobody needs to look at: it ended as it should.
    pub fn forget(self) {
        let dir = self.dir.clone();
        drop(self);
        let _ = fs::remove_dir_all(dir);
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        for child in std::iter::once(&mut self.server).chain(&mut self.images) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[track_caller]
pub fn tells_no_secret(output: &CommandOutput) {
    let all = output.all();
    if let Some(secret) = SECRETS.iter().find(|secret| all.contains(**secret)) {
        panic!("{secret} is told:\n{all}");
    }
}

/// Starts the stand-ins, and reads the environment that they print.
pub fn serve(dir: &Path) -> (Child, Vec<(String, String)>) {
    serve_with(dir, &["--alone"])
}

/// The same with other options.
pub fn serve_with(dir: &Path, options: &[&str]) -> (Child, Vec<(String, String)>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(["serve", "--dir"]).arg(dir).args(options);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    // It goes on, and says nothing more.
    let env = lines.take_while(|line| !line.is_empty()).map(|line| {
        let (name, value) = line.strip_prefix("export ").unwrap().split_once('=').unwrap();
        (name.to_owned(), value.trim_matches('\'').to_owned())
    });
    // Each place has a target directory of its own.
    (child, env.filter(|(name, _)| name != "CARGO_TARGET_DIR").collect())
}

/// Starts a registry of images, and tells its address.
fn serve_images(dir: &Path) -> (Child, String) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    fs::create_dir_all(dir).unwrap();
    let config = dir.join("config.yml");
    let text = format!(
        "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {:?}\nhttp:\n  addr: 127.0.0.1:{port}\n",
        dir.join("data")
    );
    fs::write(&config, text).unwrap();
    let log = || fs::File::create(dir.join("log")).unwrap();
    let mut command = Command::new("docker-registry");
    let mut child = command.arg("serve").arg(&config).stdin(Stdio::null()).stdout(log()).stderr(log()).spawn().unwrap();
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert_eq!(child.try_wait().unwrap(), None, "the image registry ended");
        assert!(begun.elapsed() < Duration::from_secs(600), "the image registry does not answer");
        std::thread::sleep(Duration::from_millis(20));
    }
    (child, format!("http://127.0.0.1:{port}"))
}

/// The same work on many items, so many at a time; they wait for others more than they work.
pub fn side_by_side<T: Sync>(items: &[T], at_once: usize, work: impl Fn(&T) + Sync) {
    let next = Mutex::new(0);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..at_once)
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let at = {
                            let mut next = next.lock().unwrap();
                            *next += 1;
                            *next - 1
                        };
                        match items.get(at) {
                            Some(item) => work(item),
                            None => return,
                        }
                    }
                })
            })
            .collect();
        let ends: Vec<_> = workers.into_iter().map(|worker| worker.join()).collect();
        if let Some(Err(panic)) = ends.into_iter().find(Result::is_err) {
            std::panic::resume_unwind(panic);
        }
    });
}
