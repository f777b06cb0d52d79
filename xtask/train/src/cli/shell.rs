//! What is made from the command line for shells and readers: completions and man pages.
//! It must never be another list of the commands.

use std::{
    fs,
    io::{self, Write as _},
    path::PathBuf,
};

use anyhow::{Context as _, Result};
use clap::{Command, CommandFactory as _, Subcommand, builder::Resettable};
use clap_complete::Shell;

use super::{Cli, TRAINS};
use plan::tool::{TOOL, Tool};

/// What an installed program can print of itself.
#[derive(Subcommand)]
pub enum Printing {
    /// Print the completions for a shell.
    #[command(
        after_help = format!("Examples:\n  {TOOL} completions bash > ~/.local/share/bash-completion/completions/cargo-train\n  {TOOL} completions zsh > ~/.zfunc/_cargo-train\n  {TOOL} completions fish > ~/.config/fish/completions/cargo-train.fish")
    )]
    Completions { shell: Shell },
    /// Write the man pages into a directory.
    #[command(after_help = format!("Examples:\n  {TOOL} man --out ~/.local/share/man/man1"))]
    Man {
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}

impl Printing {
    /// All that can be typed.
    pub fn command() -> Command {
        Printing::augment_subcommands(Cli::command())
    }

    pub fn run(self) -> Result<()> {
        let (command, tool) = (Printing::command(), TOOL.tool());
        match self {
            Printing::Completions { shell } => {
                // Nobody reads it when the pipe is closed.
                let _ = io::stdout().write_all(completions(&command, tool, shell).as_bytes());
            }
            Printing::Man { out } => {
                fs::create_dir_all(&out).with_context(|| out.display().to_string())?;
                for (name, text) in man_pages(&command, tool) {
                    let path = out.join(name);
                    fs::write(&path, text).with_context(|| path.display().to_string())?;
                }
            }
        }
        Ok(())
    }
}

/// What is typed after `cargo`, and what cargo would call a program that it finds so.
fn names(tool: Tool) -> (&'static str, &'static str) {
    match tool {
        Tool::Xtask => ("xtask", "cargo-xtask"),
        Tool::CargoTrain => ("train", "cargo-train"),
    }
}

/// Lets `--train` complete to the trains of the workspace that it is typed in, where clap offers files. An `xtask` is asked
/// for them as it was built last, in the workspace's root: a TAB compiles nothing.
fn with_trains(text: &str, tool: Tool, shell: Shell) -> String {
    let program = if tool == Tool::Xtask { "target/debug/xtask" } else { "cargo-train" };
    let ask = format!("{program} {TRAINS} 2>/dev/null");
    let of_trains =
        |line: &str, files: &str, trains: &str| match line.contains(" -l train ") || line.contains("'--train=") {
            true => line.strip_suffix(files).map(|line| format!("{line}{trains}")),
            false => None,
        };
    let lines = text.lines().map(|line| {
        let changed = match shell {
            Shell::Fish => of_trains(line, " -r", &format!(" -x -a \"({ask})\"")),
            _ => of_trains(line, ":_default' \\", &format!(":{{compadd $({ask})}}' \\")),
        };
        changed.unwrap_or_else(|| line.to_owned()) + "\n"
    });
    match shell {
        Shell::Bash => {
            let of_trains = format!("{0}--train)\n{0}    COMPREPLY=($(compgen ", " ".repeat(16));
            let files = format!("{of_trains}-f \"${{cur}}\"))");
            text.replace(&files, &format!("{of_trains}-W \"$({ask})\" -- \"${{cur}}\"))"))
        }
        _ => lines.collect(),
    }
}

/// The tail of bash's completions: cargo's own knows nothing of what comes after a command that is not its own.
const HOOK: &str = r#"
# `cargo NAME …` is completed as `NAME …` is, and the rest of cargo as before.
_cargo_or_NAME() {
    local at=1
    while [[ "${COMP_WORDS[at]}" == [+-]* ]]; do ((at++)); done
    if [[ "${COMP_WORDS[at]}" == NAME && COMP_CWORD -gt at ]]; then
        COMP_WORDS=(NAME "${COMP_WORDS[@]:at+1}")
        COMP_CWORD=$((COMP_CWORD - at))
        _NAME NAME "$2" "$3"
    elif declare -F _cargo >/dev/null; then
        _cargo "$@"
    fi
}
if ! declare -F _cargo >/dev/null; then
    # What bash-completion would load at the first TAB, by its newer and its older name.
    _comp_load cargo 2>/dev/null || __load_completion cargo 2>/dev/null || true
fi
complete -F _cargo_or_NAME -o bashdefault -o default cargo
"#;

/// The completions of `cargo xtask …`, or `cargo train …`, for a shell.
pub fn completions(command: &Command, tool: Tool, shell: Shell) -> String {
    let (word, program) = names(tool);
    let named = |name: &'static str| command.clone().name(name).bin_name(name).version(Resettable::Reset);
    let complete = |mut command: Command, name: &str| {
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut command, name, &mut text);
        String::from_utf8_lossy(&text).into_owned()
    };
    let text = match shell {
        // Of a name with a hyphen, clap makes a completion for bash that knows no subcommand's options.
        Shell::Bash => complete(named(word), word) + &HOOK.replace("NAME", word),
        // fish joins all that is known of a program.
        Shell::Fish => {
            let cargo = Command::new("cargo").disable_help_flag(true).disable_help_subcommand(true);
            complete(cargo.subcommand(named(word)), "cargo")
        }
        // zsh's completion of cargo calls the function of this name.
        _ => complete(named(program), program),
    };
    with_trains(&text, tool, shell)
}

/// A man page for the tool and for each command, by the name of its file.
pub fn man_pages(command: &Command, tool: Tool) -> Vec<(String, String)> {
    let (word, program) = names(tool);
    let mut whole = command.clone().name(program).bin_name(program).version(Resettable::Reset);
    whole.build();
    let mut pages = vec![(whole.clone(), format!("cargo {word}"))];
    pages.extend(whole.get_subcommands().filter(|sub| sub.get_name() != "help").map(|sub| {
        let typed = format!("cargo {word} {}", sub.get_name());
        (sub.clone(), typed)
    }));
    pages.into_iter().map(|(command, typed)| man_page(command, typed, word)).collect()
}

fn man_page(command: Command, typed: String, word: &str) -> (String, String) {
    let name = typed.replace(' ', "-");
    let mut text = Vec::new();
    // A day of its own would make a page stale every day.
    let title = format!(".TH {} 1 \"\" \"cargo {word}\" \"\"", name.to_uppercase());
    let man = clap_mangen::Man::new(command.bin_name(typed).disable_help_subcommand(true));
    // Writing to memory cannot fail.
    let _ = man.render(&mut text);
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().filter(|line| *line != "Examples:").map(|line| match line {
        ".SH EXTRA" if text.contains("\nExamples:\n") => ".SH EXAMPLES".to_owned(),
        line if line.starts_with(".TH ") => title.clone(),
        line => line.trim_end().to_owned(),
    });
    (format!("{name}.1"), lines.map(|line| line + "\n").collect())
}
