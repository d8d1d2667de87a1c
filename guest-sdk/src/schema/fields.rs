//! The order of a struct's fields.
//!
//! A map of JSON values is sorted by name; keeping it in order of insertion
//! would take another map type through all of `serde_json`, in every plugin.
//! But serde hands the names of the fields, in declared order and as they appear
//! in JSON, to every deserializer, so one that only listens will do.

use serde::de::value::Error as Stop;
use serde::de::{DeserializeOwned, Deserializer, Error, Visitor};

/// The names of a struct's fields; none for other types.
pub(crate) fn field_order<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut fields: &'static [&'static str] = &[];
    match T::deserialize(Listener(&mut fields)) {
        // There is nothing to deserialize, so it mostly ends with an error; a
        // type that is content with nothing has no fields.
        Ok(_) | Err(_) => fields,
    }
}

struct Listener<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Listener<'_> {
    type Error = Stop;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Stop> {
        Err(Stop::custom(""))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Stop> {
        *self.0 = fields;
        self.deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string
        bytes byte_buf option unit unit_struct newtype_struct seq tuple
        tuple_struct map enum identifier ignored_any
    }
}
