//! What a person filled into a prompt.
//!
//! The protocol knows only strings here. [`PromptArguments::parse`] makes a type
//! of them all the same: numbers and booleans are parsed, and an enum without
//! data is chosen by name, so that a prompt can say what it means.

use crate::error::{Error, Result};
use serde::de::value::{Error as ParseError, MapDeserializer, StrDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Visitor};

/// The arguments of a prompt: names and strings.
#[derive(Debug, Clone, Default)]
pub struct PromptArguments(Vec<(String, String)>);

impl PromptArguments {
    /// Arguments by name.
    pub fn new(arguments: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(arguments.into_iter().collect())
    }

    /// The argument of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(other, _)| other == name)?;
        Some(value)
    }

    /// The arguments as a struct.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        let fields = self
            .0
            .iter()
            .map(|(name, value)| (name.as_str(), Typed(value)));
        T::deserialize(MapDeserializer::new(fields))
            .map_err(|error: ParseError| Error::invalid_params(error.to_string()))
    }
}

/// A string that becomes whatever its field wants.
struct Typed<'a>(&'a str);

impl<'a> IntoDeserializer<'a> for Typed<'a> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Fields of these types are parsed from the string.
macro_rules! parsed {
    ($($method:ident $visit:ident $what:literal),*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParseError> {
            match self.0.trim().parse() {
                Ok(value) => visitor.$visit(value),
                Err(_) => Err(ParseError::custom(format_args!("`{}` is not {}", self.0, $what))),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for Typed<'_> {
    type Error = ParseError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParseError> {
        visitor.visit_str(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParseError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ParseError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ParseError> {
        StrDeserializer::new(self.0).deserialize_enum(name, variants, visitor)
    }

    parsed! {
        deserialize_bool visit_bool "true or false",
        deserialize_i8 visit_i8 "a whole number that fits",
        deserialize_i16 visit_i16 "a whole number that fits",
        deserialize_i32 visit_i32 "a whole number that fits",
        deserialize_i64 visit_i64 "a whole number that fits",
        deserialize_u8 visit_u8 "a whole number that fits",
        deserialize_u16 visit_u16 "a whole number that fits",
        deserialize_u32 visit_u32 "a whole number that fits",
        deserialize_u64 visit_u64 "a whole number that fits",
        deserialize_f32 visit_f32 "a number",
        deserialize_f64 visit_f64 "a number"
    }

    serde::forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}
