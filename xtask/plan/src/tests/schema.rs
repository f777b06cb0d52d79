//! The JSON schema of the configuration, made from the types that read it.
//! The committed file must never stay behind: `BLESS=1 cargo test -p cargo-train-plan schema` makes it anew.

use std::{borrow::Cow, path::Path};

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Value, json};

use crate::{
    config::{Cadence, Span, Template, TrainConfig},
    names::{Branch, SafeName},
};

/// What is written as a text.
macro_rules! texts {
    ($($name:ty),*) => {
        $(impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                String::schema_name()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                String::json_schema(generator)
            }
        })*
    };
}

texts!(Branch, Cadence, SafeName, Span, Template);

/// Leaves out `null`, which TOML does not have.
fn without_null(value: &mut Value) {
    let is_null = |entry: &Value| *entry == json!("null") || *entry == json!({ "type": "null" });
    if let Some(table) = value.as_object_mut() {
        for key in ["type", "anyOf"] {
            let Some(Value::Array(entries)) = table.get_mut(key) else { continue };
            entries.retain(|entry| !is_null(entry));
            if let [only] = &mut entries[..] {
                let only = only.take();
                table.remove(key);
                match only {
                    Value::Object(inner) => table.extend(inner),
                    word => drop(table.insert(key.to_owned(), word)),
                }
            }
        }
        if table.get("default").is_some_and(Value::is_null) {
            table.remove("default");
        }
    }
    match value {
        Value::Array(entries) => entries.iter_mut().for_each(without_null),
        Value::Object(table) => table.values_mut().for_each(without_null),
        _ => {}
    }
}

/// What a workspace's Cargo.toml may hold for this tool.
fn schema() -> Value {
    let settings = SchemaSettings::draft07();
    let mut train = settings.into_generator().into_root_schema_for::<TrainConfig>().to_value();
    without_null(&mut train);
    let definitions = train.as_object_mut().and_then(|train| train.remove("definitions")).unwrap_or_default();
    train.as_object_mut().map(|train| train.remove("$schema"));
    let trains = json!({
        "description": "The trains of this workspace: a table for each, or the names of their drivers, the default one first.",
        "oneOf": [
            { "type": "object", "additionalProperties": train },
            { "type": "array", "items": { "type": "string" } },
        ],
    });
    let tool = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "required-version": {
                "type": "string",
                "description": "The versions of cargo-train that may release this workspace, as cargo writes requirements.",
            },
        },
    });
    let within = |name: &str, inner: Value| json!({ "type": "object", "properties": { name: inner } });
    let metadata = json!({ "type": "object", "properties": { "trains": trains, "cargo-train": tool } });
    let mut schema = within("workspace", within("metadata", metadata));
    schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    schema["title"] = json!("The configuration of cargo-train in a workspace's Cargo.toml");
    schema["definitions"] = definitions;
    schema
}

#[test]
// The file is of this repository, and nothing that is planned reads it.
#[allow(clippy::disallowed_methods)]
fn the_committed_schema_is_that_of_the_configuration() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/trains.schema.json");
    let made = format!("{:#}\n", schema());
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    assert!(std::fs::read_to_string(&path).is_ok_and(|text| text == made), "BLESS=1 makes {} anew", path.display());
}

#[test]
fn every_key_is_described() {
    let schema = schema();
    let trains = &schema["properties"]["workspace"]["properties"]["metadata"]["properties"]["trains"]["oneOf"][0];
    let keys = trains["additionalProperties"]["properties"].as_object().expect("the keys of a train");
    assert!(keys.len() > 30, "only {} keys", keys.len());
    let bare: Vec<_> = keys.iter().filter(|(_, key)| key.get("description").is_none()).map(|(name, _)| name).collect();
    assert!(bare.is_empty(), "without a description: {bare:?}");
}
