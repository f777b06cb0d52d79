//! Jobs and steps of a workflow as data, and the YAML that says them.
//! It must never know what a job is for, nor write a value that YAML would read as something else.

use super::actions::Action;

/// How a generated file begins; what follows is the command that writes it.
pub const HEADER: &str = "# Generated from [workspace.metadata.trains] by `";

/// Whether a text is one that was generated, whatever was changed in it since.
pub fn is_generated(text: &str) -> bool {
    text.starts_with(HEADER)
}

/// A permission of a job: what, how far, and what for.
pub type Permission = (&'static str, &'static str, &'static str);

/// A key and its value.
pub type Variable = (String, String);

pub fn var(key: impl Into<String>, value: impl Into<String>) -> Variable {
    (key.into(), value.into())
}

/// A variable that has the repository's, or the environment's, secret of that name.
pub fn secret(name: &str) -> Variable {
    var(name, format!("${{{{ secrets.{name} }}}}"))
}

/// The token that a job has by itself, as `gh` takes it.
pub fn gh_token() -> Variable {
    var("GH_TOKEN", "${{ github.token }}")
}

/// Where images go, without their name.
pub fn image_registry() -> Variable {
    var("IMAGE_REGISTRY", "${{ vars.IMAGE_REGISTRY }}")
}

/// A job, which runs steps or calls another workflow.
#[derive(Clone, Debug, Default)]
pub struct Job {
    pub id: String,
    pub name: String,
    /// Why it is as it is, a line each.
    pub why: &'static [&'static str],
    pub needs: Vec<String>,
    pub condition: Option<String>,
    pub runner: &'static str,
    pub minutes: u32,
    pub environment: Option<&'static str>,
    pub permissions: Vec<Permission>,
    /// The rows of a matrix, each the inner part of a flow mapping.
    pub matrix: Vec<String>,
    pub env: Vec<Variable>,
    pub steps: Vec<Step>,
    /// The workflow that it calls.
    pub calls: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Step {
    pub name: &'static str,
    pub why: &'static [&'static str],
    pub id: Option<&'static str>,
    pub condition: Option<String>,
    pub uses: Option<Action>,
    pub with: Vec<Variable>,
    pub run: String,
    pub env: Vec<Variable>,
}

impl Step {
    /// One that runs a script.
    pub fn run(name: &'static str, script: impl Into<String>) -> Step {
        Step { name, run: script.into(), ..Step::default() }
    }

    /// One that runs an action.
    pub fn uses(name: &'static str, action: Action, with: &[(&'static str, &str)]) -> Step {
        let with = with.iter().map(|(key, value)| var(*key, *value)).collect();
        Step { name, uses: Some(action), with, ..Step::default() }
    }

    pub fn with_env(self, env: impl IntoIterator<Item = Variable>) -> Step {
        let env = env.into_iter().collect();
        Step { env, ..self }
    }

    fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.why.iter().map(|why| format!("# {why}")).collect();
        lines.push(format!("- name: {}", name(self.name)));
        lines.extend(self.id.map(|id| format!("  id: {id}")));
        lines.extend(self.condition.as_ref().map(|condition| format!("  if: ${{{{ {condition} }}}}")));
        if let Some(action) = &self.uses {
            lines.push(format!("  uses: {}@{} # {}", action.name, action.commit, action.version));
        }
        lines.extend(indented(&block("with", &self.with)));
        if !self.run.is_empty() {
            lines.extend(indented(&entry("run", &self.run)));
        }
        lines.extend(indented(&block("env", &self.env)));
        lines
    }
}

impl Job {
    /// Its lines, below `jobs:`.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.why.iter().map(|why| format!("# {why}")).collect();
        lines.push(format!("name: {}", name(&self.name)));
        match self.needs.as_slice() {
            [] => {}
            [one] => lines.push(format!("needs: {one}")),
            many => lines.push(format!("needs: [{}]", many.join(", "))),
        }
        lines.extend(self.condition.as_ref().map(|condition| format!("if: ${{{{ {condition} }}}}")));
        if self.calls.is_none() {
            lines.push(format!("runs-on: {}", self.runner));
            lines.push(format!("timeout-minutes: {}", self.minutes));
        }
        lines.extend(self.environment.map(|environment| format!("environment: {environment}")));
        lines.push("permissions:".to_owned());
        lines.extend(self.permissions.iter().map(|(what, how, why)| format!("  {what}: {how} # {why}")));
        if !self.matrix.is_empty() {
            lines.extend(["strategy:", "  fail-fast: false", "  matrix:", "    include:"].map(str::to_owned));
            lines.extend(self.matrix.iter().map(|row| format!("      - {{ {row} }}")));
        }
        lines.extend(block("env", &self.env));
        if let Some(workflow) = &self.calls {
            // The other form, relative to the repository, is one that actionlint does not know.
            lines.push(format!("uses: {workflow} # zizmor: ignore[self-repository] actionlint knows no other form"));
        } else {
            lines.push("steps:".to_owned());
            lines.extend(self.steps.iter().flat_map(|step| indented(&step.lines())));
        }
        [format!("{}:", self.id)].into_iter().chain(indented(&lines)).collect()
    }
}

/// All jobs, with an empty line between them.
pub fn jobs(jobs: &[Job]) -> String {
    let job = |job: &Job| indented(&job.lines()).join("\n");
    format!("jobs:\n{}\n", jobs.iter().map(job).collect::<Vec<_>>().join("\n\n"))
}

fn block(key: &str, entries: &[Variable]) -> Vec<String> {
    let inner = entries.iter().flat_map(|(key, value)| entry(key, value));
    let inner: Vec<String> = inner.collect();
    if inner.is_empty() { Vec::new() } else { [format!("{key}:")].into_iter().chain(indented(&inner)).collect() }
}

/// A key with its text; one of several lines, or one that YAML could misread, is a block.
fn entry(key: &str, value: &str) -> Vec<String> {
    if !value.contains('\n') && is_plain(value) {
        return vec![format!("{key}: {value}")];
    }
    if !value.contains('\n') && key != "run" {
        return vec![format!("{key}: {}", quoted(value))];
    }
    let lines: Vec<String> = value.lines().map(str::to_owned).collect();
    [format!("{key}: |")].into_iter().chain(indented(&lines)).collect()
}

fn indented(lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| if line.is_empty() { String::new() } else { format!("  {line}") }).collect()
}

/// Whether YAML takes the text as it is for a string, a number, or one of GitHub's expressions.
fn is_plain(text: &str) -> bool {
    let starts = text.starts_with(|c: char| c.is_ascii_alphanumeric() || "$/.~<".contains(c));
    let is_whole = !text.contains('\t') && !text.ends_with(' ');
    starts && is_whole && !text.contains(": ") && !text.contains(" #") && !text.ends_with(':')
}

/// A name, in quotes where YAML needs them.
fn name(text: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || " _-./,()".contains(c);
    if text.chars().all(is_word) { text.to_owned() } else { quoted(text) }
}

/// A text in double quotes.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::workflow;

    #[test]
    fn every_text_is_read_as_it_was_meant() {
        for (value, line) in [
            ("plain", "A: plain"),
            ("a:b#c", "A: a:b#c"),
            ("~/.cargo", "A: ~/.cargo"),
            ("${{ github.token }}", "A: ${{ github.token }}"),
            ("a: b", "A: \"a: b\""),
            ("a #b", "A: \"a #b\""),
            ("a:", "A: \"a:\""),
            ("a ", "A: \"a \""),
            ("a\t#b", "A: \"a\t#b\""),
            ("*a", "A: \"*a\""),
            ("\"a\" \\", "A: \"\\\"a\\\" \\\\\""),
            ("", "A: \"\""),
            ("a\nb: c", "A: |"),
            ("!a\nb", "A: |"),
        ] {
            let step = Step { env: vec![var("A", value)], ..Step::run("name", value) };
            let job = Job { id: "a".to_owned(), steps: vec![step], ..Job::default() };
            let text = jobs(&[job]);
            assert!(text.lines().any(|found| found.trim() == line), "{value:?}: {text}");
            let read = workflow::read(&text);
            let of =
                |path: &[&str]| read.iter().find(|leaf| leaf.is(path)).map(|leaf| leaf.text.trim_end_matches('\n'));
            assert_eq!(of(&["jobs", "a", "steps", "*", "env", "A"]), Some(value), "{text}");
            let script = (!value.is_empty()).then_some(value);
            assert_eq!(of(&["jobs", "a", "steps", "*", "run"]), script, "a script is never in quotes: {text}");
            assert!(!text.contains("run: \""), "{text}");
        }
    }
}
