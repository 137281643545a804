//! Values from JSON.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::value::Value;

impl Value {
    /// Data of a JSON document; dicts are plain. Whole numbers beyond 64 bits become floats.
    pub fn from_json(json: &serde_json::Value) -> Value {
        Value::json(json, false)
    }

    /// Like [`Value::from_json`], with the dicts reached by attribute as well as by index.
    pub fn from_json_by_attribute(json: &serde_json::Value) -> Value {
        Value::json(json, true)
    }

    fn json(json: &serde_json::Value, by_attribute: bool) -> Value {
        match json {
            serde_json::Value::Null => Value::None,
            serde_json::Value::Bool(flag) => Value::Bool(*flag),
            serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => Value::Int(whole),
                (None, float) => Value::Float(float.unwrap_or(f64::NAN)),
            },
            serde_json::Value::String(text) => Value::from(text.as_str()),
            serde_json::Value::Array(items) => {
                let items = items.iter().map(|item| Value::json(item, by_attribute));
                Value::list(items.collect())
            }
            serde_json::Value::Object(entries) => {
                let entries = entries.iter();
                let entries =
                    entries.map(|(key, item)| (key.as_str(), Value::json(item, by_attribute)));
                Value::text_dict(entries, by_attribute)
            }
        }
    }
}

/// As [`Value::from_json`], with the entries of dicts in the order of the text.
impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Value, D::Error> {
        json.deserialize_any(Data)
    }
}

struct Data;

impl<'de> Visitor<'de> for Data {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::None)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Int(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(i64::try_from(number).map_or(Value::Float(number as f64), Value::Int))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Float(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Value::list(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut dict: A) -> Result<Value, A::Error> {
        let mut entries: Vec<(String, Value)> = Vec::new();
        while let Some(entry) = dict.next_entry()? {
            entries.push(entry);
        }
        Ok(Value::dict(
            entries
                .iter()
                .map(|(key, value)| (key.as_str(), value.clone())),
        ))
    }
}
