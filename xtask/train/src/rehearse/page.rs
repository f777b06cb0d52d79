//! A rehearsal as one HTML page: what was proved and by what, what was not and why, and where the time went.
//! It must never reach for anything outside itself, nor let a text of the rehearsal become markup.

use super::rehearsal::{Line, Node, Rehearsal};
use plan::{edit::count, ownership, problem::grouped};

/// One self-contained page; it needs no script, no network and no server.
pub fn page(rehearsal: &Rehearsal) -> String {
    let left_out: Vec<_> = rehearsal.left_out.iter().map(|(what, why)| (what.as_str(), why.as_str())).collect();
    let parts = [
        reasons("failed", "What failed", "bad", &rehearsal.failed()),
        reasons("open", "What was not proved here, and why", "warn", &rehearsal.open()),
        timeline(rehearsal),
        steps(rehearsal),
        graph(&rehearsal.graph),
        spent(&rehearsal.spent),
        hashes(&rehearsal.hashes),
        reasons("left-out", "What is left out by design, and why", "plain", &left_out),
    ];
    let contested = ownership::lines(&rehearsal.contested);
    let contested = contested.iter().map(|line| format!("<p class=\"verdict warn\">{}</p>\n", text(line)));
    format!(
        include_str!("page/page.html"),
        train = text(&rehearsal.train),
        version = text(&rehearsal.version),
        verdict = text(&rehearsal.verdict()),
        style = include_str!("page/style.css"),
        tone = rehearsal.tone(),
        facts = facts(rehearsal),
        contested = contested.collect::<String>(),
        main = parts.concat(),
    )
}

fn facts(of: &Rehearsal) -> String {
    let tally = |class| of.lines().filter(|line| line.outcome.label().0 == class).count();
    let label =
        [("good", "proved"), ("warn", "not proved"), ("bad", "failed")].map(|(class, label)| (tally(class), label));
    let texts = label.iter().filter(|(many, _)| *many > 0).map(|(many, label)| format!("{many} {label}"));
    let texts: Vec<String> = texts.collect();
    let rows = [
        ("Tag", code(&of.tag)),
        ("Commit", code(&of.commit)),
        ("Began", text(&of.began)),
        ("Took", took(Some(of.seconds))),
        ("Steps", if texts.is_empty() { "none".to_owned() } else { texts.join(", ") }),
    ];
    let rows = rows.map(|(name, value)| format!("<div><dt>{name}</dt><dd>{value}</dd></div>\n"));
    format!("<dl class=\"facts\">\n{}</dl>\n", rows.concat())
}

/// What shares a reason is shown together.
fn reasons(id: &str, title: &str, class: &str, pairs: &[(&str, &str)]) -> String {
    let groups = grouped(pairs.iter().map(|(what, why)| (why, what)));
    if groups.is_empty() {
        return String::new();
    }
    let rows = groups.iter().map(|(why, whats)| {
        let whats: String = whats.iter().map(|what| format!("<dt>{}</dt>", text(what))).collect();
        format!("<div>{whats}<dd>{}</dd></div>\n", text(why))
    });
    section(id, title, &format!("<dl class=\"reasons {class}\">\n{}</dl>\n", rows.collect::<String>()))
}

fn timeline(of: &Rehearsal) -> String {
    let whole: f64 = of.lines().filter_map(timed).sum();
    let mut at = 0.0;
    let stages = of.stages.iter().map(|stage| {
        let bars = stage.lines.iter().map(|line| {
            let begun = at;
            at += timed(line).unwrap_or_default();
            bar(line, percent(begun, whole), percent(at - begun, whole))
        });
        let bars: String = bars.collect();
        let sum: f64 = stage.lines.iter().filter_map(timed).sum();
        let about = format!("{}, {}", count(stage.lines.len(), "step"), took(Some(sum)));
        let list = if bars.is_empty() { bars } else { format!("<ol class=\"bars\">\n{bars}</ol>\n") };
        format!("<h3>{} <small>{about}</small></h3>\n{list}", text(&stage.name))
    });
    let stages: String = stages.collect();
    if stages.is_empty() {
        return section("timeline", "Timeline", "<p>No step was taken.</p>\n");
    }
    let (step, axis) = axis(whole);
    section(
        "timeline",
        "Timeline",
        &format!("<div class=\"timeline\" style=\"--step:{step:.3}%\">\n{axis}{stages}</div>\n"),
    )
}

fn bar(line: &Line, left: f64, width: f64) -> String {
    let (class, mark, label) = line.outcome.label();
    let tick = if timed(line).is_none() { " tick" } else { "" };
    format!(
        "<li class=\"{class}\"><span class=\"what\">{} {}</span><span class=\"track\" aria-hidden=\"true\">\
         <span class=\"bar{tick}\" style=\"left:{left:.3}%;width:{width:.3}%\"></span></span>\
         <span class=\"took\">{}</span></li>\n",
        marked(mark, label),
        text(&short(&line.title)),
        took(line.seconds)
    )
}

/// As much of a title as fits beside a bar, whole words; the table has all of it.
fn short(title: &str) -> String {
    const ROOM: usize = 60;
    if title.chars().count() <= ROOM {
        return title.to_owned();
    }
    let start: String = title.chars().take(ROOM).collect();
    format!("{} …", start.rsplit_once(' ').map_or(start.as_str(), |(words, _)| words))
}

/// How far its marks are apart in percent, and the marks: about five, at round times.
fn axis(whole: f64) -> (f64, String) {
    let round = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0];
    let every = round.into_iter().find(|every| whole / every <= 6.0).unwrap_or(whole / 4.0);
    let marks = (0..=6).map(|n| f64::from(n) * every).take_while(|at| *at <= whole && whole > 0.0);
    let marks = marks.map(|at| format!("<span style=\"left:{:.3}%\">{}</span>", percent(at, whole), moment(at)));
    let axis = format!("<div class=\"axis\" aria-hidden=\"true\"><div>{}</div></div>\n", marks.collect::<String>());
    (if whole > 0.0 { percent(every, whole) } else { 100.0 }, axis)
}

fn steps(of: &Rehearsal) -> String {
    let bodies = of.stages.iter().filter(|stage| !stage.lines.is_empty()).map(|stage| {
        let rows: String = stage.lines.iter().map(step).collect();
        format!("<tbody>\n<tr><th colspan=\"4\" scope=\"rowgroup\">{}</th></tr>\n{rows}</tbody>\n", text(&stage.name))
    });
    let caption = "Each step, how it ended, and the evidence or the reason";
    table("steps", "Steps and evidence", caption, &["Step", "Ending", "Took", "Evidence or reason"], bodies.collect())
}

fn step(line: &Line) -> String {
    let (class, mark, label) = line.outcome.label();
    format!(
        "<tr class=\"{class}\"><th scope=\"row\">{}</th>\
         <td class=\"mark\"><span aria-hidden=\"true\">{mark}</span> {label}</td>\
         <td class=\"took\">{}</td><td class=\"long\">{}</td></tr>\n",
        text(&line.title),
        took(line.seconds),
        text(line.outcome.because())
    )
}

fn graph(nodes: &[Node]) -> String {
    let rows = nodes.iter().map(|node| {
        let needs = if node.needs.is_empty() { "–".to_owned() } else { text(&node.needs.join(", ")) };
        let (name, kind, version) = (text(&node.name), node.kind, text(&node.version));
        format!("<tr><th scope=\"row\">{name}</th><td>{kind} {version}</td><td class=\"long\">{needs}</td></tr>\n")
    });
    let caption = "What is released, and what of it each needs";
    table("graph", "What needs what", caption, &["Name", "Released as", "Needs"], body(rows))
}

fn spent(spent: &[(String, f64)]) -> String {
    let mut rows: Vec<(&str, f64)> =
        spent.iter().map(|(name, s)| (name.as_str(), sane(*s).unwrap_or_default())).collect();
    rows.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    let whole: f64 = rows.iter().map(|row| row.1).sum();
    let rows = rows.into_iter().map(|(name, seconds)| {
        let share = percent(seconds, whole);
        let (class, name) = match name {
            "ours" => ("ours", "<strong>ours</strong> (the release tool itself)".to_owned()),
            name => ("theirs", text(name)),
        };
        format!(
            "<tr class=\"{class}\"><th scope=\"row\">{name}</th><td class=\"took\">{}</td>\
             <td class=\"took\">{share:.1} %</td>\
             <td class=\"share\"><span class=\"bar\" style=\"width:{share:.3}%\"></span></td></tr>\n",
            took(Some(seconds))
        )
    });
    let head = ["Program", "Took", "Share", "<span class=\"hidden\">Share as a bar</span>"];
    table("spent", "Where the time went", "Seconds by program, the longest first", &head, body(rows))
}

fn hashes(hashes: &[(String, String)]) -> String {
    let rows = hashes.iter().map(|(file, hash)| {
        format!("<tr><th scope=\"row\">{}</th><td class=\"long\">{}</td></tr>\n", text(file), code(hash))
    });
    let caption = "SHA-256 of each file as it was rehearsed; what is shipped must have the same";
    table("hashes", "Hashes", caption, &["File", "SHA-256"], body(rows))
}

fn section(id: &str, title: &str, body: &str) -> String {
    format!("<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{title}</h2>\n{body}</section>\n")
}

/// Nothing at all without rows.
fn table(id: &str, title: &str, caption: &str, head: &[&str], body: String) -> String {
    if body.is_empty() {
        return String::new();
    }
    let class = |name: &str| if matches!(name, "Took" | "Share") { " class=\"took\"" } else { "" };
    let head = head.iter().map(|name| format!("<th scope=\"col\"{}>{name}</th>", class(name)));
    let head: String = head.collect();
    let table = format!("<caption>{caption}</caption>\n<thead><tr>{head}</tr></thead>\n{body}");
    section(id, title, &format!("<table class=\"{id}\">\n{table}</table>\n"))
}

fn body(rows: impl Iterator<Item = String>) -> String {
    let rows: String = rows.collect();
    if rows.is_empty() { rows } else { format!("<tbody>\n{rows}</tbody>\n") }
}

fn marked(mark: &str, label: &str) -> String {
    format!("<span class=\"mark\" aria-hidden=\"true\">{mark}</span><span class=\"hidden\">{label}:</span>")
}

/// A text as text: no markup, and none of the control characters that HTML forbids.
fn text(raw: &str) -> String {
    let safe: String = raw.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    let marks = [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#39;")];
    marks.iter().fold(safe, |safe, (mark, name)| safe.replace(*mark, name))
}

fn code(raw: &str) -> String {
    format!("<code>{}</code>", text(raw))
}

/// A time that can be drawn: a thousand years are as good as forever.
fn sane(seconds: f64) -> Option<f64> {
    (seconds.is_finite() && seconds >= 0.0).then(|| seconds.min(3e10))
}

fn timed(line: &Line) -> Option<f64> {
    line.seconds.and_then(sane)
}

fn percent(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { (100.0 * part / whole).clamp(0.0, 100.0) } else { 0.0 }
}

/// How long something took, for people.
pub fn took(seconds: Option<f64>) -> String {
    let Some(seconds) = seconds.and_then(sane) else { return "–".to_owned() };
    if seconds < 59.95 { format!("{seconds:.1} s") } else { moment(seconds) }
}

/// Without needless zeros: `30 s`, `2 min`, `1 h 5 min`.
fn moment(seconds: f64) -> String {
    if seconds < 59.5 {
        return format!("{} s", (seconds * 10.0).round() / 10.0);
    }
    let whole = seconds.round() as u64;
    let (big, small, of) = if whole < 3600 {
        (whole / 60, whole % 60, ["min", "s"])
    } else {
        (whole / 3600, whole / 60 % 60, ["h", "min"])
    };
    if small == 0 { format!("{big} {}", of[0]) } else { format!("{big} {} {small} {}", of[0], of[1]) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearse::rehearsal::{Ending, Stage};
    use plan::ownership::{Contested, Name};

    fn proved(title: &str, seconds: f64, evidence: &str) -> Line {
        Line { title: title.into(), seconds: Some(seconds), outcome: Ending::Proved { evidence: evidence.into() } }
    }

    fn open(title: &str, seconds: Option<f64>, why: &str) -> Line {
        Line { title: title.into(), seconds, outcome: Ending::NotProved { why: why.into() } }
    }

    fn failed(title: &str, why: &str) -> Line {
        Line { title: title.into(), seconds: Some(2.5), outcome: Ending::Failed { why: why.into() } }
    }

    fn node(name: &str, kind: &'static str, needs: &[&str]) -> Node {
        let needs = needs.iter().map(|need| need.to_string()).collect();
        Node { name: name.into(), version: "0.10.0".into(), kind, needs }
    }

    fn pairs<T>(pairs: Vec<(&str, T)>) -> Vec<(String, T)> {
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn example() -> Rehearsal {
        let release = vec![
            proved("write the versions of 6 members in 11 files", 0.1, "read back: all 11 say 0.10.0"),
            proved("prove cargo check --workspace --locked", 21.4, "exit 0"),
            proved("commit \"align: release 0.10.0\"", 0.1, "commit 4be1c07 has the trailer Release-Plan: 9f3a"),
            proved("tag v0.10.0", 0.0, "annotated, of commit 4be1c07"),
            proved("push main and v0.10.0 to origin", 0.2, "origin shows both at 4be1c07"),
        ];
        let publish = vec![
            proved("package 4 crates", 18.8, "each .crate was built again from the tag: the same hash"),
            proved(
                "crate barter-instrument 0.10.0",
                1.2,
                "index shows it with checksum b94d27b9934d3e08a52e52d7da7dabfa",
            ),
            proved("crate barter-data 0.10.0", 1.3, "index shows it with checksum 7d865e959b2466918c9863afca942d0f"),
            proved(
                "crate barter-execution 0.10.0",
                1.2,
                "index shows it with checksum 64ec88ca00b268e5ba1a35678a1b5316",
            ),
            proved("crate barter 0.10.0", 1.4, "index shows it with checksum f2ca1bb6c7e907d06dafe4687e579fce"),
            proved(
                "build the wheel and sdist of barter-python",
                64.0,
                "cp39-abi3-manylinux_2_28_x86_64; compiled version 0.10.0",
            ),
            proved(
                "upload 2 files of barter-python 0.10.0",
                0.9,
                "the index lists both with the hashes that were built",
            ),
            open("image market-data-ingestion 1.4.0", None, "neither docker nor podman is installed"),
            proved("forge release v0.10.0", 0.4, "published, 7 assets, SHA256SUMS agrees"),
            proved("announce once", 0.1, "the second run sent nothing"),
        ];
        let usage = vec![
            proved("cargo add barter, cargo build", 27.9, "a new project resolved barter 0.10.0 and was built"),
            proved(
                "install the wheel and run a backtest",
                6.1,
                "barter.__version__ == 0.10.0; 1 trade, PnL as expected",
            ),
            proved("install from the sdist and run a backtest", 58.2, "the same"),
            open("pull the image and ask for its health", None, "neither docker nor podman is installed"),
        ];
        let stage = |name: &str, lines| Stage { name: name.into(), lines };
        let sum = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".to_owned();
        Rehearsal {
            train: "barter".into(),
            version: "0.10.0".into(),
            tag: "v0.10.0".into(),
            commit: "4be1c0732b0c5c8f9f5d1f0a6d1c2e3b4a596877".into(),
            began: "2025-11-04 09:12:41 UTC".into(),
            seconds: 208.3,
            stages: vec![stage("release", release), stage("publish", publish), stage("use", usage)],
            graph: vec![
                node("barter-instrument", "crate", &[]),
                node("barter-integration", "crate", &[]),
                node("barter-data", "crate", &["barter-instrument", "barter-integration", "serde"]),
                node("barter-execution", "crate", &["barter-data", "barter-instrument", "barter-integration"]),
                node("barter", "crate", &["barter-execution", "barter-data", "barter-instrument"]),
                node("barter-python", "wheel", &["barter", "barter-data"]),
                node("market-data-ingestion", "crate", &["barter-data"]),
                node("market-data-ingestion", "image", &["market-data-ingestion"]),
            ],
            hashes: pairs(vec![
                ("barter-0.10.0.crate", sum.clone()),
                ("barter_python-0.10.0-cp39-abi3-manylinux_2_28_x86_64.whl", sum.clone()),
                ("barter_python-0.10.0.tar.gz", sum),
            ]),
            spent: pairs(vec![("cargo", 70.1), ("maturin", 121.0), ("ours", 4.1), ("uv", 6.2), ("git", 1.4)]),
            not_proved: pairs(vec![("tests", "they were waived".to_owned())]),
            left_out: pairs(vec![
                ("wheels of other platforms", "only linux x86_64 can be built on this machine".to_owned()),
                ("trusted publishing", "tokens of the real registries are not asked for in a rehearsal".to_owned()),
            ]),
            contested: vec![contested("barter", None)],
            waited: 0.0,
        }
    }

    fn contested(name: &str, repository: Option<&str>) -> Contested {
        let name = Name { kind: ownership::Kind::Crate, name: name.into(), registry: None, within: Default::default() };
        Contested { name, repository: repository.map(str::to_owned) }
    }

    /// Every tag is closed in its order, and every attribute is quoted.
    fn balanced(html: &str) {
        let mut open = Vec::new();
        let (head, rest) = html.split_once("<style>").unwrap();
        let (_, body) = rest.split_once("</style>").unwrap();
        let bare = [head, body].concat();
        for rest in bare.split('<').skip(1) {
            let (tag, after) = rest.split_once('>').expect("a tag ends");
            assert!(!after.contains('>'), "a bare > after <{tag}>");
            let name = tag.split_whitespace().next().unwrap();
            match name.strip_prefix('/') {
                Some(name) => assert_eq!(open.pop(), Some(name), "<{tag}>"),
                None if tag.ends_with('/') || ["!doctype", "meta"].contains(&name) => {}
                None => open.push(name),
            }
            assert_eq!(tag.matches('"').count() % 2, 0, "<{tag}>");
        }
        assert!(open.is_empty(), "{open:?}");
        let ids: Vec<&str> = html.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert!(ids.iter().enumerate().all(|(at, id)| !ids[..at].contains(id)), "{ids:?}");
        let texts = html.split("aria-labelledby=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
        texts.for_each(|id| assert!(ids.contains(&id), "nothing is called {id}"));
        assert!(!html.contains("NaN") && !html.contains("inf%") && !html.contains("width:-"));
    }

    #[test]
    fn everything_stands_in_it() {
        let of = example();
        let html = page(&of);
        balanced(&html);
        for line in of.lines() {
            assert_eq!(html.matches(&text(&line.title)).count().min(2), 2, "{}: bar and row", line.title);
            assert!(html.contains(&text(line.outcome.because())), "{}", line.outcome.because());
        }
        let texts = of.not_proved.iter().chain(&of.left_out).chain(&of.hashes).flat_map(|(what, why)| [what, why]);
        texts.for_each(|texts| assert!(html.contains(&text(texts)), "{texts}"));
        assert!(html.contains("1 name belongs to another project on the registry"));
        let needs =
            "<th scope=\"row\">barter-python</th><td>wheel 0.10.0</td><td class=\"long\">barter, barter-data</td>";
        assert!(html.contains(needs));
        of.graph.iter().for_each(|node| assert!(html.contains(&format!("<th scope=\"row\">{}</th>", node.name))));
        of.spent.iter().for_each(|(program, _)| assert!(html.contains(program), "{program}"));
        assert_eq!(of.verdict(), "Proved, except 3 things that are named below.");
        assert_eq!(html, page(&of.clone()));
    }

    #[test]
    fn a_long_title_is_short_beside_its_bar() {
        let long = format!("prove cargo-test: cargo test{}", " -p barter-data".repeat(30));
        let of = Rehearsal {
            stages: vec![Stage { name: "release".into(), lines: vec![proved(&long, 1.0, "")] }],
            ..Rehearsal::default()
        };
        let html = page(&of);
        assert!(html.contains("</span> prove cargo-test: cargo test -p barter-data -p barter-data …</span>"), "{html}");
        assert_eq!(html.matches(&long).count(), 1, "{html}");
    }

    #[test]
    fn it_needs_nothing_from_outside() {
        let html = page(&example());
        for label in [" src=", " href=", "url(", "@import", "<script", "<link", "://"] {
            assert!(!html.contains(label), "{label}");
        }
    }

    #[test]
    fn the_result_is_one_true_sentence() {
        let of = |lines| Rehearsal { stages: vec![Stage { name: "use".into(), lines }], ..Rehearsal::default() };
        assert_eq!(Rehearsal::default().verdict(), "Nothing was rehearsed, so nothing is proved.");
        assert_eq!(Rehearsal::default().tone(), "warn");
        assert_eq!(
            of(vec![proved("a", 1.0, ""), proved("b", 1.0, "")]).verdict(),
            "Proved: all 2 steps did what they are to do."
        );
        let mut elsewhere = of(vec![proved("a", 1.0, "")]);
        elsewhere.left_out.push(("wheels for macos".to_owned(), "each is built on its own machine".to_owned()));
        assert_eq!(elsewhere.verdict(), "Proved: the one step did what it is to do.");
        assert_eq!(elsewhere.tone(), "good");
        let here = of(vec![proved("a", 1.0, ""), open("images", None, "none")]);
        assert_eq!((here.verdict().as_str(), here.tone()), ("Proved, except images.", "warn"));
        let both = of(vec![open("images", None, "none"), failed("crate a", "refused"), failed("b", "too")]);
        assert_eq!(both.verdict(), "Failed at crate a, and at 1 more step.");
        assert_eq!(both.tone(), "bad");
        let html = page(&both);
        assert!(html.find("What failed") < html.find("What was not proved here"));
    }

    #[test]
    fn what_is_reported_is_never_markup() {
        let evil = "<script>alert(\"1\")</script> & 'x'\u{1b}[31m\0";
        let mut of = example();
        of.stages.push(Stage {
            name: evil.into(),
            lines: vec![failed(evil, evil), open(evil, None, evil), proved(evil, 1.0, evil)],
        });
        of.graph.push(node(evil, "image", &[evil, "barter"]));
        of.hashes.push((evil.into(), evil.into()));
        of.spent.push((evil.into(), 1.0));
        of.not_proved.push((evil.into(), evil.into()));
        of.left_out.push((evil.into(), evil.into()));
        of.contested.push(contested("barter-data", Some(evil)));
        for field in [&mut of.train, &mut of.version, &mut of.tag, &mut of.commit, &mut of.began] {
            *field = evil.into();
        }
        let html = page(&of);
        balanced(&html);
        assert!(!html.contains("<script") && !html.contains(['\u{1b}', '\0']));
        assert!(html.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;"));
    }

    #[test]
    fn nothing_and_nonsense_are_pages_too() {
        let html = page(&Rehearsal::default());
        balanced(&html);
        assert!(html.contains("No step was taken.") && !html.contains("<table"));
        let mut of = example();
        of.seconds = f64::NAN;
        let strange = [f64::NAN, f64::INFINITY, -1.0, 1e300, 0.0, f64::MIN_POSITIVE];
        of.stages.push(Stage { name: "empty".into(), lines: vec![] });
        of.stages.push(Stage { name: "odd".into(), lines: strange.map(|seconds| proved("x", seconds, "")).to_vec() });
        of.spent = pairs(strange.map(|seconds| ("program", seconds)).to_vec());
        balanced(&page(&of));
        of.stages.drain(..3);
        balanced(&page(&of));
    }

    #[test]
    fn times_read_well() {
        let texts =
            [0.0, 0.04, 9.96, 59.94, 59.96, 61.0, 3599.6, 3661.0, 90_000.0, 1e300].map(|seconds| took(Some(seconds)));
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        assert_eq!(texts[..5], ["0.0 s", "0.0 s", "10.0 s", "59.9 s", "1 min"]);
        assert_eq!(texts[5..], ["1 min 1 s", "1 h", "1 h 1 min", "25 h", "8333333 h 20 min"]);
        assert_eq!([took(None), took(Some(f64::NAN)), took(Some(-1.0))], ["–", "–", "–"]);
    }
}
