//! How this machine's engine builds an image and runs a container, found by trying a trivial image.
//! It must never judge the image under test, nor change the configuration of the engine or of the user.

use std::{env::consts, fs, process::Command, sync::OnceLock};

use anyhow::{Context as _, Result};

use super::{Engine, Kind, NotSetUp, last_line};
use crate::{repo::TempDir, tools::child};
use plan::problem::Problem;

/// What narrow sandboxes let a container have; an engine's defaults are above the limits of the machine there.
const LIMITS: [&str; 4] = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"];

/// An image that is tried out is to reach nothing, wherever it runs.
const NO_NETWORK: &str = "--network=none";

/// Runtimes that podman finds by their names when they are installed.
const RUNTIMES: [&str; 3] = ["runc", "crun", "runsc"];

/// Options that make the engine work here: those before its command, and those of the command.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Way {
    pub engine: Vec<String>,
    pub command: Vec<String>,
}

impl Way {
    fn new(engine: &[&str], command: &[&[&str]]) -> Way {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Way { engine: owned(engine), command: owned(&command.concat()) }
    }

    /// The options that this machine needs, as they are typed; nothing for an engine that works as it is.
    pub fn options(&self) -> String {
        let options = self.engine.iter().chain(&self.command).filter(|option| *option != NO_NETWORK);
        options.map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

/// What a trivial image is tried for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Task {
    /// Layers are copied together; nothing runs.
    Copy,
    /// The build also runs a program, as `RUN` does.
    RunInBuild,
    /// A container is run. It has no network unless the engine cannot make one without.
    Run,
}

/// The ways to try, from the least change to the most: as the engine is, with lower limits, with cgroups managed by podman
/// itself or not at all, the same with each other runtime, and all of that with the machine's network.
fn ways(engine: &Engine, task: Task) -> Vec<Way> {
    const CGROUPFS: &str = "--cgroup-manager=cgroupfs";
    const NO_CGROUPS: [&str; 1] = ["--cgroups=disabled"];
    const CHROOT: [&str; 1] = ["--isolation=chroot"];
    const HOST: [&str; 1] = ["--network=host"];
    // A build needs what its Dockerfile asks for.
    let networks: [&[&str]; 2] = match task {
        Task::Copy => return vec![Way::default()],
        Task::RunInBuild => [&[], &HOST],
        Task::Run => [&[NO_NETWORK], &HOST],
    };
    let mut ways = Vec::new();
    for network in networks {
        ways.extend([Way::new(&[], &[network]), Way::new(&[], &[network, &LIMITS])]);
        if engine.kind == Kind::Docker {
            continue;
        }
        // The client of a remote service has no say in what the service runs containers with.
        let runtimes = if engine.is_remote { &[][..] } else { &RUNTIMES[..] };
        for runtime in std::iter::once(None).chain(runtimes.iter().map(Some)) {
            let own: Vec<&str> = runtime.into_iter().flat_map(|name| ["--runtime", name]).collect();
            if runtime.is_some() {
                ways.extend([Way::new(&own, &[network]), Way::new(&own, &[network, &LIMITS])]);
            }
            let managed = if engine.is_remote { Vec::new() } else { [own.as_slice(), &[CGROUPFS]].concat() };
            if !engine.is_remote {
                ways.push(Way::new(&managed, &[network, &LIMITS]));
            }
            if task == Task::Run {
                ways.push(Way::new(&managed, &[network, &LIMITS, &NO_CGROUPS]));
            }
        }
        if task == Task::RunInBuild {
            ways.push(Way::new(&[], &[network, &CHROOT, &LIMITS]));
        }
    }
    ways
}

/// The way that works here for that task. It is found once: each try takes about as long as a container.
pub(super) fn find(engine: &Engine, task: Task) -> Result<&'static Way, NotSetUp> {
    static FOUND: [OnceLock<Result<Way, NotSetUp>>; 3] = [const { OnceLock::new() }; 3];
    FOUND[task as usize].get_or_init(|| try_all(engine, task)).as_ref().map_err(NotSetUp::clone)
}

fn try_all(engine: &Engine, task: Task) -> Result<Way, NotSetUp> {
    let Some(program) = trivial_program(engine.arch.as_deref().unwrap_or(consts::ARCH)) else {
        // Then the image under test is what shows it.
        return Ok(ways(engine, task).swap_remove(0));
    };
    let tried = Trial::prepare(engine, &program).map(|trial| {
        let found = trial.find(task);
        trial.clean_up();
        found
    });
    tried.unwrap_or_else(|error| Err(NotSetUp(Problem::new(format!("{error:#}"), "make room for temporary files"))))
}

/// A trivial image: one program of a few bytes, which ends at once.
struct Trial<'e> {
    engine: &'e Engine,
    dir: TempDir,
    image: String,
}

impl<'e> Trial<'e> {
    fn prepare(engine: &'e Engine, program: &[u8]) -> Result<Trial<'e>> {
        let dir = TempDir::new()?;
        let path = dir.path().join("true");
        fs::write(&path, program).with_context(|| path.display().to_string())?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        }
        for (name, run) in [("Copy", ""), ("Run", "RUN [\"/true\"]\n")] {
            let text = format!("FROM scratch\nCOPY true /true\n{run}ENTRYPOINT [\"/true\"]\n");
            fs::write(dir.path().join(name), text)?;
        }
        // Rehearsals of several clones may run side by side.
        Ok(Trial { engine, dir, image: format!("xtask-trial:{}", std::process::id()) })
    }

    fn find(&self, task: Task) -> Result<Way, NotSetUp> {
        let name = &self.engine.program;
        if task == Task::Run {
            let none = Way::default();
            self.build(&none, "Copy")
                .map_err(|why| self.cannot(format!("{name} cannot build even a trivial image: {why}")))?;
        }
        let mut refusals: Vec<String> = Vec::new();
        let mut missing: Vec<Vec<String>> = Vec::new();
        for way in ways(self.engine, task) {
            // A runtime that is not installed is asked for once.
            let runtime = way.engine.get(..2).filter(|words| words[0] == "--runtime").map(<[String]>::to_vec);
            if runtime.as_ref().is_some_and(|runtime| missing.contains(runtime)) {
                continue;
            }
            let refused = match task {
                Task::Copy => self.build(&way, "Copy"),
                Task::RunInBuild => self.build(&way, "Run"),
                Task::Run => self.run(&way),
            };
            match (refused, runtime) {
                (Ok(()), _) => return Ok(way),
                (Err(why), Some(runtime)) if why.contains("not found") => missing.push(runtime),
                (Err(why), _) => refusals.push(why),
            }
        }
        let what = match task {
            Task::Copy => "build even a trivial image",
            Task::RunInBuild => "run even a trivial program in a build",
            Task::Run => "run even a trivial image",
        };
        let why = format!("{name} cannot {what}: {}", most_frequent(&refusals));
        match missing.is_empty() || task == Task::Copy {
            true => Err(self.cannot(why)),
            false => {
                let names: Vec<&str> = missing.iter().filter_map(|words| words.last()).map(String::as_str).collect();
                let next = format!(
                    "install another runtime: {} (Debian, Ubuntu: apt install {})",
                    names.join(" or "),
                    names[0]
                );
                Err(NotSetUp(Problem::new(why, next)))
            }
        }
    }

    fn cannot(&self, why: String) -> NotSetUp {
        let next = match (&self.engine.kind, self.engine.is_remote) {
            (Kind::Docker, _) => "make `docker run --rm hello-world` succeed",
            (Kind::Podman, true) => {
                "make the podman service of CONTAINER_HOST or of the default connection run containers"
            }
            (Kind::Podman, false) => "make `podman run` succeed with any image, or use another machine",
        };
        NotSetUp(Problem::new(why, next))
    }

    fn build(&self, way: &Way, dockerfile: &str) -> Result<(), String> {
        let mut command = self.engine.command(way, "build");
        command.args(&way.command).arg("--file").arg(self.dir.path().join(dockerfile));
        command.args(["--tag", &self.image]).arg(self.dir.path());
        tried(command)
    }

    fn run(&self, way: &Way) -> Result<(), String> {
        let mut command = self.engine.command(way, "run");
        command.arg("--rm").args(&way.command).arg(&self.image);
        tried(command)
    }

    fn clean_up(&self) {
        let mut command = self.engine.command(&Way::default(), "rmi");
        command.args(["--force", &self.image]);
        // One that was never made cannot be removed; one that stays has a few hundred bytes.
        let _ = child::ask(command);
    }
}

fn tried(command: Command) -> Result<(), String> {
    match child::ask(command) {
        Ok(output) if output.ok() => Ok(()),
        Ok(output) => Err(match last_line(&output.err) {
            "" => format!("it ends with {} and says nothing", output.status),
            line => line.strip_prefix("Error: ").unwrap_or(line).to_owned(),
        }),
        Err(error) => Err(format!("{error:#}")),
    }
}

/// The cause is what most tries end at: the others meet an option that this engine does not have.
fn most_frequent(refusals: &[String]) -> &str {
    let times = |one: &String| refusals.iter().filter(|other| *other == one).count();
    // The first of those that are met equally often.
    refusals.iter().rev().max_by_key(|one| times(one)).map_or("it says nothing", String::as_str)
}

/// A Linux program that ends with 0 and needs nothing: an ELF header, one segment, and the call of `exit`
/// (elf(5), syscall(2)). There may be no image to pull, and no compiler for the engine's machine.
fn trivial_program(arch: &str) -> Option<Vec<u8>> {
    let (machine, code): (u16, &[u8]) = match arch {
        // xor edi, edi; mov eax, 60; syscall
        "x86_64" | "amd64" => (0x3e, &[0x31, 0xff, 0xb8, 0x3c, 0, 0, 0, 0x0f, 0x05]),
        // mov x0, 0; mov x8, 93; svc 0
        "aarch64" | "arm64" => (0xb7, &[0, 0, 0x80, 0xd2, 0xa8, 0x0b, 0x80, 0xd2, 1, 0, 0, 0xd4]),
        _ => return None,
    };
    const BASE: u64 = 0x40_0000;
    const HEADERS: u64 = 64 + 56;
    let size = HEADERS + code.len() as u64;
    let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
    bytes.resize(16, 0);
    // An executable for that machine; where it begins, where its segment is told, and the sizes of both headers.
    for half in [2, machine, 1, 0] {
        bytes.extend(half.to_le_bytes());
    }
    for word in [BASE + HEADERS, 64, 0] {
        bytes.extend(word.to_le_bytes());
    }
    for half in [0, 0, 64, 56, 1, 0, 0, 0u16] {
        bytes.extend(half.to_le_bytes());
    }
    // The whole file is loaded, to be read and executed.
    bytes.extend([1u32, 5].map(u32::to_le_bytes).concat());
    for word in [0, BASE, BASE, size, size, 0x1_0000] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend(code);
    Some(bytes)
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use xshell::{Shell, cmd};

    use super::*;

    /// Written by another process: a file that a thread of ours still has open would not start.
    fn write_program(sh: &Shell, path: &std::path::Path, program: &[u8]) {
        let script = "cat > \"$0\" && chmod 755 \"$0\"";
        cmd!(sh, "sh -c {script} {path}").stdin(program).quiet().run().unwrap();
    }

    /// An engine that is a script: `$*` is what it is called with.
    fn engine(sh: &Shell, dir: &TempDir, kind: Kind, script: &str) -> Engine {
        let path = dir.path().join("engine");
        write_program(sh, &path, format!("#!/bin/sh\n{script}\n").as_bytes());
        let arch = Some("x86_64".to_owned());
        Engine { program: path.display().to_string(), kind, is_remote: false, arch, login: None }
    }

    fn found(kind: Kind, task: Task, script: &str) -> Result<String, String> {
        let sh = Shell::new().unwrap();
        let dir = TempDir::new().unwrap();
        let engine = engine(&sh, &dir, kind, script);
        let found = try_all(&engine, task);
        found.map(|way| way.options()).map_err(|cannot| cannot.to_string().replace(&engine.program, "podman"))
    }

    const HYBRID: &str = "echo 'Error: crun: cgroups in hybrid mode not supported' >&2; exit 126";

    #[test]
    fn the_least_change_that_works_is_taken() {
        for (script, options) in [
            ("exit 0", ""),
            ("case \"$*\" in *run*) case \"$*\" in *nofile*) ;; *) exit 126; esac; esac", "LIMITS"),
            (
                "case \"$*\" in build*|rmi*|--cgroup-manager=cgroupfs*) ;; *) exit 126; esac",
                "--cgroup-manager=cgroupfs LIMITS",
            ),
            (
                "case \"$*\" in build*|rmi*|*cgroups=disabled*) ;; *) exit 126; esac",
                "--cgroup-manager=cgroupfs LIMITS --cgroups=disabled",
            ),
            (
                &format!("case \"$*\" in build*|rmi*|'--runtime runc run'*nofile*) ;; *) {HYBRID}; esac"),
                "--runtime runc LIMITS",
            ),
            ("case \"$*\" in build*|rmi*|*network=host*) ;; *) exit 126; esac", "--network=host"),
        ] {
            let options = options.replace("LIMITS", &LIMITS.join(" "));
            assert_eq!(found(Kind::Podman, Task::Run, script), Ok(options), "{script}");
        }
        let script = "case \"$*\" in *isolation=chroot*|rmi*) ;; *) exit 125; esac";
        let options = found(Kind::Podman, Task::RunInBuild, script);
        assert_eq!(options, Ok(format!("--isolation=chroot {}", LIMITS.join(" "))));
    }

    #[test]
    fn an_engine_that_cannot_is_reported_in_its_own_words() {
        // What most tries end at, whatever an unknown option is answered with.
        let script = format!(
            "case \"$*\" in build*|rmi*) exit 0;; *--runtime*) echo 'Error: runtime not found' >&2; exit 125;; \
             *nofile*) {HYBRID};; *) echo 'Error: setrlimit' >&2; exit 126; esac"
        );
        let why = found(Kind::Podman, Task::Run, &script).unwrap_err();
        assert_eq!(
            why,
            "podman cannot run even a trivial image: crun: cgroups in hybrid mode not supported; \
             next: install another runtime: runc or crun or runsc (Debian, Ubuntu: apt install runc)"
        );
        let why = found(Kind::Podman, Task::Run, "echo 'Error: no space' >&2; exit 125").unwrap_err();
        assert!(why.starts_with("podman cannot build even a trivial image: no space; next: "), "{why}");
        let why = found(Kind::Docker, Task::RunInBuild, "exit 1").unwrap_err();
        assert!(why.starts_with("podman cannot run even a trivial program in a build: it ends with "), "{why}");
    }

    #[test]
    fn the_network_is_given_last_and_a_service_keeps_its_runtime() {
        let mut engine =
            Engine { program: "podman".to_owned(), kind: Kind::Podman, is_remote: false, arch: None, login: None };
        for task in [Task::RunInBuild, Task::Run] {
            let ways = ways(&engine, task);
            let open = |way: &Way| way.command.iter().any(|option| option == "--network=host");
            assert!(ways.is_sorted_by_key(open), "{ways:?}");
            assert_eq!(ways.iter().filter(|way| open(way)).count() * 2, ways.len());
        }
        engine.is_remote = true;
        assert!(ways(&engine, Task::Run).iter().all(|way| way.engine.is_empty()));
    }

    /// Only where the program is one of this machine.
    #[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
    #[test]
    fn the_trivial_program_ends_with_0() {
        let sh = Shell::new().unwrap();
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("true");
        let program = trivial_program(consts::ARCH).unwrap();
        write_program(&sh, &path, &program);
        let status = Command::new(&path).status().unwrap();
        assert_eq!(status.code(), Some(0));
    }
}
