//! The Python that is built on: one of the PATH, or one that uv has installed.
//! It must never have one downloaded, nor take the word of a shim that only prints an error.

use std::{
    path::PathBuf,
    process::Command,
    sync::{Mutex, PoisonError},
};

use xshell::{Shell, cmd};

use super::super::child;
use plan::problem::Problem;

/// The oldest Python that the pinned tools run on.
const OLDEST: (u32, u32) = (3, 9);

/// Prints a line for each thing that is to be known. Old Pythons understand it, too. Modules of the directory that is looked
/// at are left alone: Python would run them instead of its own.
const ASK: &str = "import sys
sys.path = [place for place in sys.path if place]
import sysconfig
try:
    able = all(any(finder.find_spec(name, None) for finder in sys.meta_path) for name in ('venv', 'ensurepip'))
except (ImportError, AttributeError):
    able = False
sys.stdout.write('%d %d %d\\n' % sys.version_info[:3])
for line in (sys.executable, able, sysconfig.get_platform(), sys.base_prefix if hasattr(sys, 'base_prefix') else ''):
    sys.stdout.write('%s\\n' % line)";

/// A Python that is new enough.
#[derive(Clone, Debug, PartialEq)]
pub struct Interpreter {
    /// How it is called.
    pub words: Vec<String>,
    /// The program itself.
    pub executable: PathBuf,
    /// Version, platform and place: another environment belongs to each.
    pub version: String,
    /// It has all that `python -m venv` needs; Debian and Ubuntu pack that separately.
    pub makes_environments: bool,
}

impl Interpreter {
    /// The call to which arguments are added.
    pub fn command(&self, sh: &Shell) -> Command {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).current_dir(sh.current_dir());
        command
    }
}

/// Finds the Python to build on. It is asked once: where a shim stands before it, that takes longer than all that is
/// asked of the index.
pub fn find(sh: &Shell) -> Result<Interpreter, Problem> {
    static FOUND: Mutex<Option<Interpreter>> = Mutex::new(None);
    let mut known = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = known.as_ref() {
        return Ok(known.clone());
    }
    Ok(known.insert(look(sh)?).clone())
}

fn look(sh: &Shell) -> Result<Interpreter, Problem> {
    let mut refusals = Vec::new();
    let mut usable: Option<Interpreter> = None;
    // The launcher of Windows knows those that are not on PATH.
    let candidates: &[&[&str]] =
        if cfg!(windows) { &[&["python3"], &["python"], &["py", "-3"]] } else { &[&["python3"], &["python"]] };
    for words in candidates {
        let name = words.join(" ");
        match ask(sh, words) {
            Ok(found) if found.makes_environments => return Ok(found),
            Ok(found) => usable = usable.or(Some(found)),
            Err(why) => refusals.push(format!("{name} {why}")),
        }
    }
    // With uv, any will do.
    if let (None, Some(mut uv)) = (&usable, uv()) {
        uv.args(["python", "find", "--system", &format!(">={}.{}", OLDEST.0, OLDEST.1)]);
        match child::ask(uv) {
            Ok(output) if output.ok() => match ask(sh, &[output.out.trim()]) {
                Ok(found) => return Ok(found),
                Err(why) => refusals.push(format!("{} {why}", output.out.trim())),
            },
            _ => refusals.push("uv has none installed".to_owned()),
        }
    }
    usable.ok_or_else(|| {
        Problem::new(
            format!("Python {}.{} or newer is not found ({})", OLDEST.0, OLDEST.1, refusals.join(", ")),
            match uv_is_here() {
                true => "uv python install",
                false => "install it (Debian and Ubuntu: apt install python3 python3-venv), or uv and then: uv python install",
            },
        )
    })
}

/// What a Python says of itself; otherwise what is wrong with it.
fn ask(sh: &Shell, words: &[&str]) -> Result<Interpreter, String> {
    let (program, args) = (words[0], &words[1..]);
    // What was installed into it is not asked about, and may take longer to find than all else.
    let output = cmd!(sh, "{program} {args...} -S -c {ASK}").quiet().ignore_status().ignore_stderr().output();
    let output = output.map_err(|_| "is not found".to_owned())?;
    read(words, &String::from_utf8_lossy(&output.stdout)).unwrap_or_else(|| Err("does not work".to_owned()))
}

fn read(words: &[&str], answer: &str) -> Option<Result<Interpreter, String>> {
    let lines: Vec<&str> = answer.lines().collect();
    let [numbers, executable, able, platform, place, ..] = lines[..] else { return None };
    let version: Vec<u32> = numbers.split(' ').map_while(|word| word.parse().ok()).collect();
    let [major, minor, _] = version[..] else { return None };
    if (major, minor) < OLDEST {
        return Some(Err(format!("is {major}.{minor}")));
    }
    Some(Ok(Interpreter {
        words: words.iter().map(|word| (*word).to_owned()).collect(),
        executable: executable.into(),
        version: format!("{numbers} {platform} {place}"),
        makes_environments: able == "True",
    }))
}

/// uv as it is on this machine. It must not download a Python of its own accord: that is the user's to say.
pub fn uv() -> Option<Command> {
    uv_is_here().then(|| {
        let mut command = Command::new("uv");
        command.env("UV_PYTHON_DOWNLOADS", "never");
        command
    })
}

fn uv_is_here() -> bool {
    super::super::program::find("uv").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_python_says_of_itself_counts() {
        let found = read(&["py", "-3"], "3 11 7\nC:\\Program Files\\python.exe\nTrue\nwin-amd64\nC:\\Program Files\n");
        let found = found.unwrap().unwrap();
        assert_eq!(found.words, ["py", "-3"]);
        assert_eq!(found.executable, PathBuf::from("C:\\Program Files\\python.exe"));
        assert_eq!(found.version, "3 11 7 win-amd64 C:\\Program Files");
        assert!(found.makes_environments);
        let debian = read(&["python3"], "3 9 0\n/usr/bin/python3\nFalse\nlinux-x86_64\n/usr\n").unwrap().unwrap();
        assert!(!debian.makes_environments);
        assert_eq!(read(&["python"], "2 7 18\n/p\nFalse\nl\n\n"), Some(Err("is 2.7".to_owned())));
        for shim in ["", "pyenv: python3: command not found\n", "3 x\na\nb\nc\nd\n", "3 11 7\n"] {
            assert_eq!(read(&["python3"], shim), None, "{shim}");
        }
    }
}
