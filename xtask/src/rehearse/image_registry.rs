//! A real image registry on the loopback interface, where the machine has one to start.
//! It must never outlive the rehearsal.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::patience::Patience;

/// The program of the CNCF's Distribution project, as its packages name it.
const PROGRAMS: [&str; 2] = ["docker-registry", "registry"];

pub struct ImageRegistry {
    process: Child,
    port: u16,
}

impl ImageRegistry {
    /// Starts one that keeps its images in `dir`, or says why there is none.
    pub fn start(dir: &Path) -> Result<ImageRegistry, String> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
        let port = listener.map_err(|error| format!("no port is free: {error}"))?.port();
        let config = dir.join("config.yml");
        let text = format!(
            "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {:?}\nhttp:\n  addr: 127.0.0.1:{port}\n",
            dir.join("data")
        );
        fs::create_dir_all(dir).and_then(|()| fs::write(&config, text)).map_err(|error| error.to_string())?;
        let output = || fs::File::create(dir.join("log")).map_or_else(|_| Stdio::null(), Stdio::from);
        for program in PROGRAMS {
            let mut command = Command::new(program);
            command.arg("serve").arg(&config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(output());
            if let Ok(process) = command.spawn() {
                let mut registry = ImageRegistry { process, port };
                registry.wait()?;
                return Ok(registry);
            }
        }
        Err("no image registry to start (on Debian and Ubuntu: apt install docker-registry)".to_owned())
    }

    fn wait(&mut self) -> Result<(), String> {
        // As long as it runs, it may only be slow; but one that listens elsewhere is not waited for without end.
        let mut patience = Patience::steady(Duration::from_secs(120), Duration::from_millis(50));
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if let Ok(Some(status)) = self.process.try_wait() {
                return Err(format!("the image registry ended with {status}"));
            }
            let pause = patience.next_pause().ok_or("the image registry does not answer after 120 s")?;
            std::thread::sleep(pause);
        }
        Ok(())
    }

    /// Host, port and name space, as images are called by.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}/rehearsal", self.port)
    }
}

impl Drop for ImageRegistry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
