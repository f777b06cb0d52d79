//! A value of the configuration as serde reads it; what is wrong with it is data, not a message that somebody takes apart.
//! It must never put anything in words: `keys` does, which knows where the value stands.

use std::fmt::{self, Display, Formatter};

use serde::{
    Deserializer,
    de::{self, IntoDeserializer, Visitor, value},
    forward_to_deserialize_any,
};
use serde_json::{Map, Value};

/// What is wrong with a value.
#[derive(Debug)]
pub enum Slip {
    UnknownKey {
        key: String,
        known: &'static [&'static str],
    },
    UnknownWord {
        word: String,
        known: &'static [&'static str],
    },
    Missing(&'static str),
    Expected(Kind),
    /// What a type of ours says of it.
    Mention(String),
}

/// What a value is expected to be.
#[derive(Debug)]
pub enum Kind {
    Bool,
    Number,
    Text,
    List,
    /// With the type that it is read into.
    Table(&'static str),
}

impl Display for Slip {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Slip {}

impl de::Error for Slip {
    fn custom<T: Display>(message: T) -> Slip {
        Slip::Mention(message.to_string())
    }

    fn unknown_field(key: &str, known: &'static [&'static str]) -> Slip {
        Slip::UnknownKey { key: key.to_owned(), known }
    }

    fn unknown_variant(word: &str, known: &'static [&'static str]) -> Slip {
        Slip::UnknownWord { word: word.to_owned(), known }
    }

    fn missing_field(field: &'static str) -> Slip {
        Slip::Missing(field)
    }
}

/// Reads from a value.
pub struct Reader<'v>(pub &'v Value);

/// Reads from a table.
pub fn table(map: &Map<String, Value>) -> impl Deserializer<'_, Error = Slip> {
    value::MapDeserializer::new(map.iter().map(|(key, value)| (key.as_str(), Reader(value))))
}

impl<'v> IntoDeserializer<'v, Slip> for Reader<'v> {
    type Deserializer = Reader<'v>;

    fn into_deserializer(self) -> Reader<'v> {
        self
    }
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Slip;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Slip> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(_) => self.deserialize_bool(visitor),
            Value::Number(_) => self.deserialize_u64(visitor),
            Value::String(_) => self.deserialize_str(visitor),
            Value::Array(_) => self.deserialize_seq(visitor),
            Value::Object(_) => self.deserialize_map(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Slip> {
        self.0.as_bool().map_or(Err(Slip::Expected(Kind::Bool)), |value| visitor.visit_bool(value))
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Slip> {
        self.0.as_u64().map_or(Err(Slip::Expected(Kind::Number)), |number| visitor.visit_u64(number))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Slip> {
        self.0.as_str().map_or(Err(Slip::Expected(Kind::Text)), |text| visitor.visit_borrowed_str(text))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Slip> {
        self.deserialize_str(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Slip> {
        let entries = self.0.as_array().ok_or(Slip::Expected(Kind::List))?;
        visitor.visit_seq(value::SeqDeserializer::new(entries.iter().map(Reader)))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Slip> {
        self.deserialize_struct("", &[], visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Slip> {
        table(self.0.as_object().ok_or(Slip::Expected(Kind::Table(name)))?).deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Slip> {
        visitor.visit_enum(self.0.as_str().ok_or(Slip::Expected(Kind::Text))?.into_deserializer())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Slip> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Slip> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        u8 u16 u32 i8 i16 i32 i64 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}
