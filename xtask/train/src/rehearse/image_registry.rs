//! A real image registry for a rehearsal, where the machine has one to start.
//! It must never outlive the rehearsal, nor be open to another user of this machine: it listens on a socket in a directory of
//! ours, and a gate before it lets in who has the login.

use std::{
    fs,
    hash::{BuildHasher as _, RandomState},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, bail};

use super::gate::{self, Gate};
use crate::{
    repo::TempDir,
    tools::{engine::Login, secrets},
};
use plan::patience::Patience;

/// The program of the CNCF's Distribution project, as its packages name it.
const PROGRAMS: [&str; 2] = ["docker-registry", "registry"];

pub struct ImageRegistry {
    process: Child,
    gate: Gate,
    login: Login,
    /// Where its socket is: the path of one must be short.
    own: TempDir,
}

impl ImageRegistry {
    /// Starts one that keeps its images in `dir`, or says why there is none.
    pub fn start(dir: &Path) -> Result<ImageRegistry> {
        if !cfg!(unix) {
            bail!("here, an image registry would be open to every user of this machine");
        }
        let own = TempDir::for_socket()?;
        let (socket, config) = (own.path().join(SOCKET), dir.join("config.yml"));
        let text = format!(
            "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {:?}\nhttp:\n  net: unix\n  addr: {socket:?}\n",
            dir.join("data")
        );
        fs::create_dir_all(dir).and_then(|()| fs::write(&config, text))?;
        let basic = basic();
        let gate = Gate::open(&socket, &format!("Basic {basic}")).context("no port is free")?;
        let login = Login::keep(&dir.join("login"), &gate.address().to_string(), &basic)?;
        let output = || fs::File::create(dir.join("log")).map_or_else(|_| Stdio::null(), Stdio::from);
        for program in PROGRAMS {
            let mut command = Command::new(program);
            command.arg("serve").arg(&config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(output());
            if let Ok(process) = command.spawn() {
                let mut registry = ImageRegistry { process, gate, login, own };
                registry.wait()?;
                return Ok(registry);
            }
        }
        bail!("no image registry to start (on Debian and Ubuntu: apt install docker-registry)")
    }

    fn wait(&mut self) -> Result<()> {
        // As long as it runs, it may only be slow; but one that listens elsewhere is not waited for without end.
        let mut patience = Patience::steady(Duration::from_secs(120), Duration::from_millis(50));
        while gate::connect(&self.own.path().join(SOCKET)).is_err() {
            if let Ok(Some(status)) = self.process.try_wait() {
                bail!("the image registry ended with {status}");
            }
            let pause = patience.next_pause().context("the image registry does not answer after 120 s")?;
            std::thread::sleep(pause);
        }
        Ok(())
    }

    /// Host, port and name space, as images are called by.
    pub fn address(&self) -> String {
        format!("{}/rehearsal", self.gate.address())
    }

    /// What an engine is let in with.
    pub fn login(&self) -> &Login {
        &self.login
    }
}

impl Drop for ImageRegistry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const SOCKET: &str = "registry";

/// A user with a password of 128 bits, from the keys that the system gives each hasher, as base64: they have a multiple of
/// three bytes, so that there is nothing to pad.
fn basic() -> String {
    let random = RandomState::new();
    let login = format!("rehearsal:{:016x}{:016x}", random.hash_one(0), random.hash_one(1));
    secrets::base64(login.as_bytes(), 0).into_iter().next().unwrap_or_default()
}
