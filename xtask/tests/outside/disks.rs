//! Disks that are full while the tool works: small file systems in memory, for which the system must permit `mount`.
//! What is told must always lead back, and nothing may be sent that was not built.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{
    crashes::{UNPROVED, WAY_BACK, uninterrupted},
    harness::{Place, run},
    outside::{LARK, Outside, tools, venvs},
    publish::assert_ended,
};

tests! {
    a_full_disk: needs SMALL_DISK;
    a_disk_that_is_full_while_it_is_built: needs WORLD_ON_A_SMALL_DISK;
}

/// A file system in memory, there until it is dropped.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    pub fn mount(dir: &Path, size: &str) -> Option<SmallDisk> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(dir).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success()).then(|| SmallDisk(dir.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

fn a_full_disk() {
    let args = &format!("release minor {UNPROVED}");
    let place = Place::of_workspace("full_disk_0", "plain");
    let whole = uninterrupted(&place, "full_disk", args);
    let small = Place::new("full_disk");
    let home = small.tree.parent().unwrap().to_owned();
    let _disk = SmallDisk::mount(&home, "2m").unwrap();
    let (mut as_before, mut restored_manually, mut done) = (0, 0, 0);
    for free in (0..40).step_by(2) {
        for entry in fs::read_dir(&home).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { fs::remove_dir_all(path).unwrap() } else { fs::remove_file(path).unwrap() }
        }
        run(place.command("cp").arg("-a").arg(place.tree.parent().unwrap().join(".")).arg(&home));
        let tree = small.tree_bytes();
        let start = small.end();
        // All but so many pages are taken.
        let ballast = home.join("ballast");
        let _ = Command::new("dd")
            .args(["if=/dev/zero", "bs=4096"])
            .arg(format!("of={}", ballast.display()))
            .stderr(Stdio::null())
            .status();
        let size = fs::metadata(&ballast).unwrap().len();
        fs::OpenOptions::new().write(true).open(&ballast).unwrap().set_len(size - free * 4096).unwrap();

        let output = small.xtask(args);
        fs::remove_file(&ballast).unwrap();
        if output.code == Some(0) {
            done += 1;
        } else if small.tree_bytes() == tree && small.end() == start {
            as_before += 1;
        } else {
            assert!(output.all().contains(WAY_BACK), "{free} pages: {}", output.all());
            restored_manually += 1;
        }
        small.xtask(args).ok();
        assert_eq!(small.end(), whole, "{free} pages were free");
    }
    assert!(as_before > 0 && done > 0, "{as_before} {restored_manually} {done}");
    println!(
        "full disk: {as_before} as before, {restored_manually} to restore with the command that was said, {done} done"
    );
}

fn a_disk_that_is_full_while_it_is_built() {
    let outside = Outside::new("full_disk");
    let machine = outside.new_machine("a");
    let small = outside.dir().join("small");
    fs::create_dir_all(&small).unwrap();
    let mut reported = Vec::new();
    // From too little for the checkout to almost enough for the packages.
    for size in ["200k", "400k", "500k", "600k"] {
        let _disk = SmallDisk::mount(&small, size).unwrap();
        fs::create_dir_all(small.join("xtask")).unwrap();
        for venv in venvs(&tools()) {
            std::os::unix::fs::symlink(&venv, small.join("xtask").join(venv.file_name().unwrap())).unwrap();
        }
        let mut poor = Place { tree: machine.tree.clone(), remote: machine.remote.clone(), env: machine.env.clone() };
        poor.env.push(("CARGO_TARGET_DIR".to_owned(), small.display().to_string()));
        let output = outside.run(&poor, &LARK.publish());
        assert_eq!(output.code, Some(1), "{}", output.all());
        assert!(output.out.contains("failed  package 3 crates"), "{size}: {}", output.all());
        // The second is git's word for it. Of a ref it only says that it could not write or close the file.
        let says = |words: &[&str]| words.iter().any(|words| output.err.contains(words));
        let is_reported = says(&["No space left on device", "Out of diskspace"])
            || says(&["non-zero code `git "])
                && says(&["couldn't write", "couldn't close", "could not write", "unable to write", "failed to write"]);
        assert!(is_reported, "{size}: {}", output.all());
        assert_eq!(outside.fault_proxy.changes(), [""; 0], "nothing was sent");
        assert_eq!(outside.refs(), [""; 0], "no lease is left");
        reported.push(output.err);
    }
    assert!(reported.iter().any(|reported| reported.contains("cargo package")), "{reported:#?}");
    outside.publish(&machine, LARK);
    assert_ended(&outside, &machine, LARK, "full disk");
}
