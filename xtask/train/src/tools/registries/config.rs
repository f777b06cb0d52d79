//! Cargo's configuration as values: where files of it meet, and what of it is a program's name or a path.
//! It must never run anything that it names.

use std::path::Path;

use serde_json::{Map, Value};

/// Paths count from the directory that `.cargo` is in: in another place they would name something else.
pub fn absolute(config: &mut Map<String, Value>, above: &Path) {
    let place = |path: &mut Value| {
        if let Some(relative) = path.as_str().map(Path::new).filter(|path| path.is_relative()) {
            *path = Value::from(above.join(relative).display().to_string());
        }
    };
    let http = config.get_mut("http").and_then(Value::as_object_mut);
    http.into_iter().flatten().filter(|(key, _)| key.ends_with("cainfo")).for_each(|(_, path)| place(path));
    // A program without a slash is looked for on the path.
    let program = |provider: &mut Value| match provider {
        Value::Array(words) => words.iter_mut().take(1).filter(|word| is_path(word)).for_each(place),
        Value::String(words) => {
            let mut words = words.split_whitespace().map(Value::from).collect::<Vec<_>>();
            words.iter_mut().take(1).filter(|word| is_path(word)).for_each(place);
            *provider = Value::Array(words);
        }
        _ => {}
    };
    let named = config.get_mut("registries").and_then(Value::as_object_mut);
    let named = named.into_iter().flatten().filter_map(|(_, registry)| registry.get_mut("credential-provider"));
    named.for_each(program);
    if let Some(registry) = config.get_mut("registry") {
        registry.get_mut("credential-provider").into_iter().for_each(program);
        // Each of them is one provider, whose words stand in one text.
        let all = registry.get_mut("global-credential-providers").and_then(Value::as_array_mut);
        for provider in all.into_iter().flatten() {
            program(provider);
            if let Value::Array(words) = provider {
                let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
                *provider = Value::from(words.join(" "));
            }
        }
    }
    let aliases = config.get_mut("credential-alias").and_then(Value::as_object_mut);
    aliases.into_iter().flatten().for_each(|(_, provider)| program(provider));
}

fn is_path(word: &Value) -> bool {
    word.as_str().is_some_and(|word| word.contains(['/', '\\']))
}

/// Adds what is not there yet.
pub fn merge(near: &mut Map<String, Value>, far: Map<String, Value>) {
    for (key, value) in far {
        match (near.get_mut(&key), value) {
            (None, value) => drop(near.insert(key, value)),
            (Some(Value::Object(near)), Value::Object(far)) => merge(near, far),
            // The last one is asked first.
            (Some(Value::Array(near)), Value::Array(far)) if key == "global-credential-providers" => {
                near.splice(0..0, far);
            }
            (Some(_), _) => {}
        }
    }
}

/// Values as a text of TOML.
pub fn text(values: &Map<String, Value>) -> String {
    values.iter().map(|(name, value)| format!("{} = {}\n", quoted(name), written(value))).collect()
}

/// A value in the words of TOML, which for these are those of JSON but for tables.
fn written(value: &Value) -> String {
    match value {
        Value::Object(table) => {
            let pairs: Vec<String> =
                table.iter().map(|(key, value)| format!("{} = {}", quoted(key), written(value))).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        Value::Array(list) => format!("[{}]", list.iter().map(written).collect::<Vec<_>>().join(", ")),
        value => value.to_string(),
    }
}

fn quoted(key: &str) -> String {
    Value::from(key).to_string()
}

/// Takes out what would run a program that the tree names, and tokens, which nobody should commit.
pub fn leave_programs(registry: &mut Value) {
    // Cargo's own, all but the one that runs what is named after it.
    let is_own = |word: &str| word.starts_with("cargo:") && !word.starts_with("cargo:token-from-stdout");
    let is_harmless = |value: &Value| match value {
        Value::Array(list) => list.iter().all(|one| one.as_str().is_some_and(is_own)),
        one => one.as_str().is_some_and(is_own),
    };
    if let Some(registry) = registry.as_object_mut() {
        registry.retain(|key, value| match key.as_str() {
            "credential-provider" | "global-credential-providers" => is_harmless(value),
            key => key != "token" && key != "secret-key",
        });
    }
}
