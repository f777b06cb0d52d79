//! A workspace in a temporary directory, built from a folder and a few lines, and the tool run in it.
//! It must never depend on the machine: identity, dates, locale and configuration of git and cargo are fixed.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fs,
    io::Write as _,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use plan::run_report::{Observed, RunReport};

/// 2026-11-20, in every changelog.
const TODAY: &str = "1795132800";

/// A repository to release from. It stays for looking at until the next run of the same test.
pub struct Place {
    /// The working tree.
    pub tree: PathBuf,
    /// A bare repository, when the story has a remote.
    pub remote: PathBuf,
    /// Variables that one story sets.
    pub env: Vec<(String, String)>,
}

/// What a command said and how it ended.
#[derive(Debug)]
pub struct CommandOutput {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Place {
    /// An empty place of that name.
    pub fn new(name: &str) -> Place {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("places").join(name);
        if dir.exists() {
            fs::remove_dir_all(&dir).unwrap();
        }
        let place = Place { tree: dir.join("tree"), remote: dir.join("remote.git"), env: Vec::new() };
        fs::create_dir_all(&place.tree).unwrap();
        place
    }

    /// The place of another name, as it was left.
    pub fn with_name(&self, name: &str) -> Place {
        let dir = self.tree.parent().unwrap().with_file_name(name);
        Place { tree: dir.join("tree"), remote: dir.join("remote.git"), env: Vec::new() }
    }

    /// A committed world, with the tags of the release before.
    pub fn of_workspace(name: &str, workspace: &str) -> Place {
        let place = Place::new(name);
        place.copy_to("", &folder("workspaces").join(workspace));
        place.init();
        place.git("tag --annotate v0.7.3 --message v0.7.3");
        place
    }

    /// The same place again, with its repository and its remote.
    pub fn again(&self, name: &str) -> Place {
        let place = Place::new(name);
        let (from, to) = (self.tree.parent().unwrap(), place.tree.parent().unwrap());
        fs::remove_dir_all(&place.tree).unwrap();
        run(self.command("cp").arg("-a").arg(from.join(".")).arg(to));
        if self.remote.exists() {
            run(place.command("git").args(["remote", "set-url", "origin"]).arg(&place.remote));
        }
        place
    }

    pub fn init(&self) {
        self.git("init --quiet --initial-branch main");
        self.git("add --all");
        self.git("commit --quiet --message start");
    }

    /// A bare remote that has all that is here.
    pub fn add_remote(&self) {
        self.add_remote_called("origin", "main");
    }

    pub fn add_remote_called(&self, name: &str, main: &str) {
        let remote = self.remote.display().to_string();
        run(self.command("git").args(["init", "--quiet", "--bare", "--initial-branch", main, &remote]));
        run(self.command("git").args(["remote", "add", name, &remote]));
        self.git(&format!("push --quiet {name} {main} --tags"));
    }

    pub fn copy_to(&self, dir: &str, from: &Path) {
        for (path, bytes) in files(from, &|_| true) {
            let to = self.tree.join(dir).join(path);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::write(to, bytes).unwrap();
        }
    }

    /// Where a PATH of its own leads: not to a part of the place that is compared.
    pub fn bin(&self) -> PathBuf {
        self.tree.with_file_name("target").join("bin")
    }

    /// A PATH with all programs of this machine but those that begin so.
    pub fn path_without(&mut self, without: &[&str]) {
        let bin = self.bin();
        fs::create_dir_all(&bin).unwrap();
        let mut known = BTreeSet::new();
        for dir in std::env::split_paths(&std::env::var_os("PATH").unwrap()) {
            for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
                let name = entry.file_name().into_string().unwrap();
                let is_left_out = without.iter().any(|start| name.starts_with(start));
                if !is_left_out && known.insert(name.clone()) {
                    symlink(entry.path(), bin.join(name)).unwrap();
                }
            }
        }
        self.env.push(("PATH".to_owned(), bin.display().to_string()));
    }

    /// A program with nothing of the machine's own in its environment.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        let foreign = |name: &str| {
            ["GIT_", "PIP_", "UV_", "CARGO_TERM", "CARGO_BUILD", "RUST"].iter().any(|start| name.starts_with(start))
                // Where the toolchain is, and whether another one may be fetched, is the machine's own business.
                && !name.starts_with("RUSTUP_")
        };
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_none_or(foreign) {
                command.env_remove(name);
            }
        }
        for name in
            ["GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "NO_COLOR", "CLICOLOR_FORCE", "VIRTUAL_ENV", "XDG_CONFIG_HOME"]
        {
            command.env_remove(name);
        }
        // One for each place: for cargo, members of two workspaces that are called alike and lie alike are the same, and
        // it would take one's test for the other's.
        let target = self.tree.with_file_name("target");
        // What is killed leaves its scratch there, and not among the machine's.
        let scratch = target.join("scratch");
        fs::create_dir_all(&scratch).unwrap();
        command
            .current_dir(&self.tree)
            .env("TMPDIR", scratch)
            .env("CARGO_TARGET_DIR", target)
            .env("CARGO_NET_OFFLINE", "true")
            .env("CARGO_TERM_QUIET", "true")
            .env("CARGO_TERM_COLOR", "never")
            .env("LC_ALL", "C")
            .env("SOURCE_DATE_EPOCH", TODAY)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .env("GIT_AUTHOR_DATE", format!("{TODAY} +0000"))
            .env("GIT_COMMITTER_DATE", format!("{TODAY} +0000"))
            .stdin(Stdio::null());
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Captain").env(format!("GIT_{who}_EMAIL"), "captain@example.com");
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value))).env("PWD", &self.tree);
        command
    }

    /// The tool, not started yet.
    pub fn tool(&self, args: &str) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_xtask"));
        command.args(words(args));
        command
    }

    pub fn xtask(&self, args: &str) -> CommandOutput {
        CommandOutput::of(self.tool(args).output().unwrap())
    }

    /// Runs git, which must succeed; arguments with spaces stand in double quotes.
    pub fn git(&self, args: &str) -> String {
        run(self.command("git").args(words(args))).trim_end().to_owned()
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.tree.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.tree.join(path)).unwrap()
    }

    pub fn read_or_empty(&self, path: &str) -> String {
        fs::read_to_string(self.tree.join(path)).unwrap_or_default()
    }

    /// Somebody else pushes a commit, with a tag if one is named.
    pub fn push_from_elsewhere(&self, tag: &str) {
        let clone = self.tree.with_file_name("elsewhere");
        let git = |dir: &Path, args: &[&str]| run(self.command("git").current_dir(dir).args(args));
        git(&self.tree, &["clone", "--quiet", self.remote.to_str().unwrap(), clone.to_str().unwrap()]);
        git(&clone, &["commit", "--quiet", "--allow-empty", "--message", "elsewhere"]);
        if tag.is_empty() {
            git(&clone, &["push", "--quiet", "origin", "main"]);
        } else {
            git(&clone, &["tag", "--annotate", tag, "--message", tag]);
            git(&clone, &["push", "--quiet", "origin", tag]);
        }
    }

    /// Replaces what must stand there.
    pub fn replace(&self, path: &str, old: &str, new: &str) {
        let text = self.read(path);
        assert!(text.contains(old), "{path} does not hold {old:?}");
        self.write(path, &text.replace(old, new));
    }

    pub fn commit(&self, message: &str) {
        self.git("add --all");
        run(self.command("git").args(["commit", "--quiet", "--message", message]));
    }

    /// Every byte of the tree and of the repository. The index is left out, whose stat cache git refreshes when it
    /// looks; so is the file that is only there to be locked.
    pub fn bytes(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let unread = ["tree/.git/index", "tree/.git/xtask-release.lock"];
        files(self.tree.parent().unwrap(), &|path| {
            !path.starts_with("target") && unread.iter().all(|unread| path != Path::new(unread))
        })
    }

    /// Where it all ended: what every ref leads to, here and on the remote, and what is not committed. Dates and
    /// identities are fixed, so that the same end has the same ids.
    pub fn end(&self) -> String {
        let refs = "for-each-ref --format \"%(refname) %(objectname)\" refs/heads refs/tags";
        let mut end = format!("{}\n{}\n", self.git("symbolic-ref HEAD"), self.git(refs));
        end += &self.git("status --porcelain --untracked-files=all");
        if self.remote.exists() {
            end += &format!("\nremote:\n{}", self.git(&format!("--git-dir {} {refs}", self.remote.display())));
        }
        end
    }

    /// Every byte of the working tree.
    pub fn tree_bytes(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        files(&self.tree, &|path| !path.starts_with(".git"))
    }

    /// What changed since a commit.
    pub fn diff(&self, base: &str) -> String {
        let diff = self.git(&format!("diff --no-color --unified=1 {base} HEAD"));
        diff.split_inclusive('\n').filter(|line| !line.starts_with("index ")).collect()
    }

    /// Refs with what they lead to, the history of main, and every annotated tag's text: one text to compare.
    pub fn history(&self) -> String {
        let mut text = format!("head: {}\n", self.git("rev-parse --abbrev-ref HEAD"));
        text += &self.git("log --graph --all --format=%s%d");
        for line in self.git("for-each-ref --format \"%(objecttype) %(refname:short) %(*subject)\" refs/tags").lines() {
            let Some((name, on)) = line.strip_prefix("tag ").and_then(|rest| rest.split_once(' ')) else {
                text += &format!("\n\n{line}");
                continue;
            };
            let message = self.git(&format!("for-each-ref --format %(contents) refs/tags/{name}"));
            text += &format!("\n\ntag {name} on \"{on}\":\n{}", indented(message.trim_end()));
        }
        text + "\n"
    }

    /// The text with what differs from run to run replaced. Every line of ours is in it; what a proof's own program
    /// prints is that one's business.
    pub fn normalised(&self, text: &str) -> String {
        let home = self.tree.parent().unwrap().display().to_string();
        let text = text.replace(&home, "HOME").replace(env!("CARGO"), "cargo");
        let (mut output, mut proves) = (String::new(), false);
        for line in text.lines() {
            proves = proves && !PROVED.iter().any(|end| line.starts_with(end));
            if !proves {
                output += &(without_seconds(&without_ids(line)) + "\n");
            }
            proves = proves || line.starts_with("  begin   [") && line.contains("] prove ");
        }
        output
    }
}

/// How the line begins that says how a proof ended.
const PROVED: [&str; 3] = ["  done    prove ", "  failed  prove ", "  not proved prove "];

/// What `--json` reports of steps.
pub type Reported = RunReport<Value, Observed<Value>>;

impl CommandOutput {
    /// The document that it printed, alone on standard output.
    pub fn report(&self) -> Reported {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.all()))
    }

    pub fn of(output: Output) -> CommandOutput {
        CommandOutput {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    pub fn ok(self) -> CommandOutput {
        assert_eq!(self.code, Some(0), "{}\n{}", self.out, self.err);
        self
    }

    /// Standard output and standard error together.
    pub fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

/// A folder beside this file.
pub fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it").join(name)
}

/// Runs a command that must succeed, and gives its standard output.
#[track_caller]
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let reported = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{}{reported}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stdout).unwrap()
}

/// Writes a program. Another process does it, because a file that a thread of ours has open would not start; what is there
/// goes first, because it may be a link to a program of the machine.
pub fn write_program(path: &Path, text: &str) {
    let script = "rm -f \"$0\" && cat > \"$0\" && chmod 755 \"$0\"";
    let mut shell = Command::new("sh").args(["-c", script]).arg(path).stdin(Stdio::piped()).spawn().unwrap();
    shell.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(shell.wait().unwrap().success(), "{} was not written", path.display());
}

/// Words at spaces; double quotes keep some together.
pub fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.trim().chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The files below a directory that are wanted, with their bytes; a link or an odd file counts by its name.
fn files(dir: &Path, wanted: &dyn Fn(&Path) -> bool) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in walkdir::WalkDir::new(dir) {
        let entry = entry.unwrap();
        let path = entry.path().strip_prefix(dir).unwrap();
        if !entry.file_type().is_dir() && wanted(path) {
            found.insert(path.to_owned(), fs::read(entry.path()).unwrap_or_default());
        }
    }
    found
}

fn indented(text: &str) -> String {
    text.lines()
        .map(|line| format!("    {line}").trim_end().to_owned() + "\n")
        .collect::<String>()
        .trim_end()
        .to_owned()
}

/// `5d91a86b3` becomes `COMMIT`.
pub fn without_ids(line: &str) -> String {
    let words = line.split_inclusive(|c: char| !c.is_ascii_alphanumeric()).map(|word| {
        let bare = word.trim_end_matches(|c: char| !c.is_ascii_hexdigit());
        let hex = bare.len() >= 7 && bare.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase());
        if hex && bare.bytes().any(|b| b.is_ascii_digit()) { word.replace(bare, "COMMIT") } else { word.to_owned() }
    });
    words.collect()
}

/// `(0.1 s)` becomes `(N s)`.
pub fn without_seconds(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('(') {
        out += before;
        out.push('(');
        let digits = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        rest = if digits.len() < after.len() && digits.starts_with(" s)") {
            out.push('N');
            digits
        } else {
            after
        };
    }
    out + rest
}

/// Waits for every git that goes on below a directory after the tool was killed that had started it.
pub fn wait_for_gits(dir: &Path) {
    // One that was just started does not have its name yet.
    std::thread::sleep(Duration::from_millis(if cfg!(target_os = "linux") { 20 } else { 300 }));
    let goes_on = |process: fs::DirEntry| {
        let name = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
        let works_in = fs::read_link(process.path().join("cwd"));
        name.starts_with("git") && works_in.is_ok_and(|at| at.starts_with(dir))
    };
    let begun = Instant::now();
    while fs::read_dir("/proc").into_iter().flatten().flatten().any(goes_on) {
        assert!(begun.elapsed() < Duration::from_secs(600), "a git goes on in {}", dir.display());
        std::thread::sleep(Duration::from_millis(10));
    }
}
