//! The name by which the tool is called in this workspace, for the texts that say what to type.
//! It must never decide anything.

use std::{fmt, sync::OnceLock};

/// How a person starts the tool.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tool {
    /// The workspace's own `xtask`, by the alias of that name.
    Xtask,
    /// The installed program, which cargo finds as its subcommand.
    CargoTrain,
}

static CALLED: OnceLock<Tool> = OnceLock::new();

/// What is typed before the name of a command, in any text: `format!("run `{TOOL} check`")`.
pub static TOOL: Called = Called;

/// Shows how this process was called; a process that never says so, as a test, is the `xtask`.
pub struct Called;

impl Tool {
    /// From now on, texts name this one. The first call counts.
    pub fn is_called(self) {
        let _ = CALLED.set(self);
    }
}

impl Called {
    pub fn tool(&self) -> Tool {
        CALLED.get().copied().unwrap_or(Tool::Xtask)
    }

    pub fn as_str(&self) -> &'static str {
        match self.tool() {
            Tool::Xtask => "cargo xtask",
            Tool::CargoTrain => "cargo train",
        }
    }
}

impl fmt::Display for Called {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
