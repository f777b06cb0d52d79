//! What a person sees on a terminal while a step runs.
//! It must never be asked of a pipe: Python opens a terminal, and copies all that is written to it.

use std::process::Command;

use crate::harness::{CommandOutput, Place, write_program};

const TERMINAL: &str = "
import fcntl, os, pty, struct, sys, termios
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('4H', 24, 60, 0, 0))
    os.execv(sys.argv[1], sys.argv[1:])
try:
    while printed := os.read(terminal, 4096):
        sys.stdout.buffer.write(printed)
except OSError:
    pass # It is closed.
sys.stdout.flush()
sys.exit(os.waitpid(pid, 0)[1] >> 8)
";

/// All that a release writes to a terminal; its proof prints in between, and its hook takes the terminal.
fn written(name: &str, args: &[&str], variables: &[(&str, &str)]) -> String {
    let place = Place::of_workspace(name, "plain");
    write_program(&place.tree.join("slow.sh"), "#!/bin/sh\nsleep 1.5\necho halfway\nsleep 1.5\n");
    let proofs = "driver = \"lark\"\nproofs = [{ name = \"slow\", run = \"./slow.sh --with many --words that --have no --room\" }]";
    place.replace("Cargo.toml", "driver = \"lark\"", proofs);
    place.commit("test: take time");
    write_program(&place.tree.join(".git/hooks/pre-commit"), "#!/bin/sh\nsleep 2.5\n");
    let mut python = place.command("python3");
    let python: &mut Command = python.args(["-c", TERMINAL, env!("CARGO_BIN_EXE_xtask"), "release", "0.8.0"]);
    python.args(["--waive", "cargo-test"]).args(args).env_remove("CI").env("TERM", "xterm").env("NO_COLOR", "1");
    CommandOutput::of(python.envs(variables.iter().copied()).output().unwrap()).ok().out
}

/// The lines as they stand on the screen at the end, without how long each step took.
fn screen(written: &str) -> Vec<&str> {
    let lines = written.lines().map(|line| line.rsplit("\u{1b}[K").next().unwrap_or_default());
    lines.map(|line| line.rsplit_once(" (").map_or(line, |(step, _)| step)).collect()
}

#[test]
fn a_step_has_a_clock_on_a_terminal_and_nowhere_else() {
    let live = written("clock_live", &[], &[]);
    let clocks: Vec<&str> =
        live.split("\u{1b}[K").filter_map(|part| part.rsplit_once('\r')?.1.strip_prefix("  running ")).collect();
    for seconds in [1, 2] {
        let end = format!(" … {seconds} s");
        let slow: Vec<&&str> = clocks
            .iter()
            .filter(|clock| clock.contains("] prove slow: ./slow.sh --with") && clock.ends_with(&end))
            .collect();
        assert_eq!(slow.len(), 1, "{live:?}");
    }
    assert!(clocks.iter().all(|clock| clock.chars().count() < 50 && !clock.contains("commit")), "{live:?}");
    for (name, args, variables) in [("ci", &[][..], &[("CI", "true")][..]), ("dumb", &[], &[("TERM", "dumb")])] {
        let still = written(&format!("clock_{name}"), args, variables);
        assert!(!still.contains("running"), "{name}: {still:?}");
        assert_eq!(screen(&live), screen(&still), "{name}");
    }
    let json = written("clock_json", &["--json"], &[]);
    assert!(!json.contains("  running ["), "{json:?}");
}
