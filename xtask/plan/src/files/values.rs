//! TOML as the values that JSON has, a date being a text.
//! It must never write: what is edited stays TOML.

use serde_json::{Map, Value};
use toml_edit::{Item, TableLike};

/// Any item.
pub fn of(item: &Item) -> Value {
    match item {
        Item::Value(value) => of_value(value),
        Item::ArrayOfTables(tables) => tables.iter().map(|table| Value::Object(of_table(table))).collect(),
        Item::Table(table) => Value::Object(of_table(table)),
        Item::None => Value::Null,
    }
}

/// A table.
pub fn of_table(table: &dyn TableLike) -> Map<String, Value> {
    table.iter().map(|(key, item)| (key.to_owned(), of(item))).collect()
}

fn of_value(value: &toml_edit::Value) -> Value {
    match value {
        toml_edit::Value::String(text) => Value::from(text.value().as_str()),
        toml_edit::Value::Integer(number) => Value::from(*number.value()),
        toml_edit::Value::Float(number) => Value::from(*number.value()),
        toml_edit::Value::Boolean(truth) => Value::from(*truth.value()),
        toml_edit::Value::Datetime(time) => Value::from(time.value().to_string()),
        toml_edit::Value::Array(values) => values.iter().map(of_value).collect(),
        toml_edit::Value::InlineTable(table) => Value::Object(of_table(table)),
    }
}
