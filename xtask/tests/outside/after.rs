//! After a release, where something was to be published: what follows it, once it can be had.
//! It must never be enough that a version is tagged: the registries of the story are asked.

use crate::{
    harness::{Place, run},
    outside::{INGEST, LARK, Outside},
};

tests! {
    what_is_not_out_is_named_and_nothing_follows_from_it: needs WORLD;
    what_is_deployed_is_what_the_registry_has: needs WORLD_WITH_IMAGES;
}

fn what_is_not_out_is_named_and_nothing_follows_from_it() {
    let outside = Outside::new("after_open");
    let machine = outside.machine("a");
    machine.replace("Cargo.toml", "default = true\n", "default = true\nfollow-ups = \"TODO.md\"\n");
    machine.commit("keep a list");
    let end = machine.end();
    let output = outside.run(&machine, "post-release 0.7.3 --train lark");
    assert_eq!(output.code, Some(1), "{}", output.all());
    let open = "v0.7.3 is published: it is not out yet: crate lark-core 0.7.3, crate lark-io 0.7.3, crate lark 0.7.3";
    assert!(output.all().contains(open) && output.all().contains("next: cargo xtask publish 0.7.3"), "{}", output.all());
    assert_eq!(machine.end(), end);

    outside.publish(&machine, LARK);
    // What only a person can do holds nothing up.
    let output = outside.run(&machine, "post-release --train lark").ok();
    assert!(output.out.contains("all but the steps that wait for you: announce to mail"), "{}", output.all());
    let list = machine.read("TODO.md");
    assert!(list.contains("- [ ] watch 0.7.3 in production until 2026-10-08\n"), "{list}");
    assert!(list.contains("- [ ] send the mail about 0.7.3, which `cargo xtask publish` drafted: `cargo xtask status 0.7.3` says where it lies\n"), "{list}");
    by_pull_request(&outside, &machine);
    outside.forget();
}

/// The same where nobody pushes to main, however it is merged there.
fn by_pull_request(outside: &Outside, machine: &Place) {
    let follow = "post-release 0.7.3 --train lark --pr";
    let gh = |args: &[&str]| {
        let mut gh = machine.command("gh");
        run(gh.envs(machine.env.iter().map(|(name, value)| (name, value))).arg("api").args(args))
    };
    outside.merges();
    let start = machine.git("rev-parse HEAD^");
    for (number, how) in ["merge", "squash", "rebase"].into_iter().enumerate() {
        machine.git(&format!("reset --quiet --hard {start}"));
        machine.write("HOW.md", how);
        machine.commit("try another way");
        machine.git("push --quiet --force origin main");
        let main = machine.git("rev-parse main");
        let output = outside.run(machine, follow).ok();
        assert!(output.out.contains("next: merge it, in any way"), "{}", output.all());
        assert_eq!(machine.git("rev-parse main"), main, "nothing is committed on main");
        let again = outside.run(machine, follow).ok();
        assert!(!again.out.contains("begin"), "{}", again.all());
        let number = number + 1;
        let path = format!("repos/{{owner}}/{{repo}}/pulls/{number}/merge");
        gh(&["--method", "PUT", &path, "--field", &format!("merge_method={how}")]);
        machine.git("switch --quiet main");
        machine.git("pull --quiet --ff-only origin main");
        let merged = machine.end();
        let output = outside.run(machine, follow).ok();
        assert!(output.out.contains("v0.7.3 is done with"), "{how}: {}", output.all());
        assert!(!output.out.contains("begin") && machine.end() == merged, "{how}: {}", output.all());
        let pulls = gh(&["repos/{owner}/{repo}/pulls?state=all", "--jq", "length"]);
        assert_eq!(pulls.trim(), number.to_string(), "{how}: none is opened anew");
        machine.git("branch --quiet -D after-release/v0.7.3");
        machine.git("push --quiet origin :after-release/v0.7.3");
    }
}

fn what_is_deployed_is_what_the_registry_has() {
    let outside = Outside::new("after_deployed");
    let machine = outside.machine("a");
    let images = "images = [{ name = \"ingest\", dockerfile = \"crates/ingest/Dockerfile\" }]\n";
    let deployed = format!("{images}deployments = [{{ path = \"deploy.yaml\", image = \"ingest\" }}]\n");
    machine.replace("Cargo.toml", images, &deployed);
    machine.write("deploy.yaml", "image: r.example/ingest:0.2.0 # the service\nimage: r.example/ingest-web:0.2.0\n");
    machine.commit("deploy it");
    let output = outside.run(&machine, "post-release 0.3.0 --train ingest");
    assert_eq!(output.code, Some(1), "{}", output.all());

    outside.publish(&machine, INGEST);
    let tag = "images/data/docker/registry/v2/repositories/rehearsal/ingest/_manifests/tags/0.3.0/current/link";
    let digest = std::fs::read_to_string(outside.dir().join(tag)).unwrap();
    let follow = "post-release 0.3.0 --train ingest --push";
    outside.run(&machine, follow).ok();
    let expected = format!("image: r.example/ingest:0.3.0@{digest} # the service\nimage: r.example/ingest-web:0.2.0\n");
    assert_eq!(machine.read("deploy.yaml"), expected);
    // Another machine sees that it is done, and that it is the same.
    let other = outside.new_machine("b");
    let end = other.end();
    let output = outside.run(&other, follow).ok();
    assert!(!output.out.contains("begin"), "{}", output.all());
    assert_eq!(other.end(), end);
    outside.forget();
}
