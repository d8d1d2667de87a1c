//! Accepting JSON text that obviously conforms, in one pass and without a tree.
//!
//! [`Quick::compile`] gives up on the first keyword it does not know, so that
//! what is compiled means exactly what the complete validator would say. The one
//! liberty: it may refuse what is fine after all (a number too large for its
//! arithmetic, say), because a refusal is looked at again.

use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// A schema made of keywords that need no memory of what was read before.
#[derive(Debug)]
pub(super) struct Quick(Node);

#[derive(Debug)]
enum Node {
    /// Anything goes; nothing is looked at.
    Any,
    Checked(Box<Checks>),
}

#[derive(Debug)]
struct Checks {
    types: Types,
    /// Allowed strings, where there is an `enum` (or `const`) of strings only.
    strings: Option<Vec<String>>,
    min_length: u64,
    max_length: u64,
    minimum: f64,
    maximum: f64,
    items: Node,
    min_items: u64,
    max_items: u64,
    properties: HashMap<String, Property>,
    /// One bit for each required property.
    required: u64,
    /// What properties that are not named must be; none: there must be none.
    additional: Option<Node>,
}

#[derive(Debug)]
struct Property {
    node: Node,
    /// Its bit, if it is required.
    bit: u64,
}

#[derive(Debug, Clone, Copy)]
struct Types(u8);

impl Types {
    const NULL: u8 = 1;
    const BOOLEAN: u8 = 2;
    const INTEGER: u8 = 4;
    const NUMBER: u8 = 8;
    const STRING: u8 = 16;
    const ARRAY: u8 = 32;
    const OBJECT: u8 = 64;
    const ALL: Self = Self(127);

    fn has(self, kind: u8) -> bool {
        self.0 & kind != 0
    }

    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::String(name) => Self::named(name).map(Self),
            Value::Array(names) => names
                .iter()
                .map(|name| name.as_str().and_then(Self::named))
                .try_fold(0, |all, kind| Some(all | kind?))
                .map(Self),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
        }
    }

    fn named(name: &str) -> Option<u8> {
        Some(match name {
            "null" => Self::NULL,
            "boolean" => Self::BOOLEAN,
            "integer" => Self::INTEGER,
            "number" => Self::NUMBER | Self::INTEGER,
            "string" => Self::STRING,
            "array" => Self::ARRAY,
            "object" => Self::OBJECT,
            _ => return None,
        })
    }
}

impl Quick {
    /// None if the schema has a keyword that is not known here.
    pub(super) fn compile(schema: &Value) -> Option<Self> {
        Node::compile(schema).map(Self)
    }

    /// Whether the text conforms for certain.
    pub(super) fn accepts(&self, json: &str) -> bool {
        let mut reader = serde_json::Deserializer::from_str(json);
        self.0.deserialize(&mut reader).is_ok() && reader.end().is_ok()
    }
}

impl Node {
    fn compile(schema: &Value) -> Option<Self> {
        match schema {
            Value::Bool(true) => Some(Self::Any),
            Value::Object(keywords) => Checks::compile(keywords).map(Box::new).map(Self::Checked),
            Value::Bool(false)
            | Value::Null
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => None,
        }
    }
}

impl Checks {
    fn compile(keywords: &Map<String, Value>) -> Option<Self> {
        let mut checks = Self {
            types: Types::ALL,
            strings: None,
            min_length: 0,
            max_length: u64::MAX,
            minimum: f64::NEG_INFINITY,
            maximum: f64::INFINITY,
            items: Node::Any,
            min_items: 0,
            max_items: u64::MAX,
            properties: HashMap::new(),
            required: 0,
            additional: Some(Node::Any),
        };
        for (keyword, value) in keywords {
            checks.keyword(keyword, value)?;
        }
        checks.require(keywords.get("required"))?;
        Some(checks)
    }

    /// Takes one keyword in; none if it is not known.
    fn keyword(&mut self, keyword: &str, value: &Value) -> Option<()> {
        match keyword {
            // `required` is looked at last, when the properties are known; the others
            // are annotations. `format` is one by default since 2019-09.
            "$schema" if value == "https://json-schema.org/draft/2020-12/schema" => {}
            "required" | "title" | "description" | "default" | "examples" | "deprecated"
            | "readOnly" | "writeOnly" | "$comment" | "format" | "x-mcp-header" => {}
            "type" => self.types = Types::read(value)?,
            "enum" => self.strings = Some(strings(value.as_array()?)?),
            "const" => self.strings = Some(strings(std::slice::from_ref(value))?),
            "minLength" => self.min_length = value.as_u64()?,
            "maxLength" => self.max_length = value.as_u64()?,
            "minimum" => self.minimum = value.as_f64()?,
            "maximum" => self.maximum = value.as_f64()?,
            "items" => self.items = Node::compile(value)?,
            "minItems" => self.min_items = value.as_u64()?,
            "maxItems" => self.max_items = value.as_u64()?,
            "properties" => self.properties = properties(value.as_object()?)?,
            "additionalProperties" if value == &Value::Bool(false) => self.additional = None,
            "additionalProperties" => self.additional = Some(Node::compile(value)?),
            _ => return None,
        }
        Some(())
    }

    /// Gives each required property a bit. A required property without a schema of
    /// its own gets the one for additional properties only if that is anything.
    fn require(&mut self, names: Option<&Value>) -> Option<()> {
        let Some(names) = names else { return Some(()) };
        for (place, name) in names.as_array()?.iter().enumerate() {
            let bit = 1_u64.checked_shl(u32::try_from(place).ok()?)?;
            let property = self.properties.get_mut(name.as_str()?)?;
            property.bit |= bit;
            self.required |= bit;
        }
        Some(())
    }

    fn length_fits(&self, text: &str) -> bool {
        if self.min_length == 0 && self.max_length == u64::MAX {
            return true;
        }
        let length = text.chars().count() as u64;
        self.min_length <= length && length <= self.max_length
    }
}

fn properties(schemas: &Map<String, Value>) -> Option<HashMap<String, Property>> {
    schemas
        .iter()
        .map(|(name, schema)| {
            let node = Node::compile(schema)?;
            Some((name.clone(), Property { node, bit: 0 }))
        })
        .collect()
}

fn strings(values: &[Value]) -> Option<Vec<String>> {
    values
        .iter()
        .map(|value| value.as_str().map(str::to_owned))
        .collect()
}

impl<'de> DeserializeSeed<'de> for &Node {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self {
            Node::Any => deserializer.deserialize_ignored_any(IgnoredAny).map(|_| ()),
            Node::Checked(checks) => deserializer.deserialize_any(&**checks),
        }
    }
}

impl Checks {
    /// Accepts a value that is not a string, if its type is allowed.
    fn scalar<E: Error>(&self, kind: u8, fits: bool) -> Result<(), E> {
        accept(self.types.has(kind) && self.strings.is_none() && fits)
    }

    fn number<E: Error>(&self, kind: u8, value: f64) -> Result<(), E> {
        self.scalar(kind, self.minimum <= value && value <= self.maximum)
    }
}

/// The reason is not told: whatever is refused here is looked at again.
fn accept<E: Error>(fine: bool) -> Result<(), E> {
    if fine { Ok(()) } else { Err(E::custom("")) }
}

impl<'de> Visitor<'de> for &Checks {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a conforming value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.scalar(Types::NULL, true)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.scalar(Types::BOOLEAN, true)
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "refused below where it would matter"
    )]
    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        accept(value <= MAX_EXACT)?;
        self.number(Types::INTEGER, value as f64)
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "refused below where it would matter"
    )]
    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        accept(value.unsigned_abs() <= MAX_EXACT)?;
        self.number(Types::INTEGER, value as f64)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        // 1.0 is an integer too (2020-12).
        let kind = if value.fract() == 0.0 {
            Types::INTEGER
        } else {
            Types::NUMBER
        };
        self.number(kind, value)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        let listed = self
            .strings
            .as_ref()
            .is_none_or(|list| list.iter().any(|s| s == text));
        accept(listed && self.types.has(Types::STRING) && self.length_fits(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.scalar(Types::ARRAY, true)?;
        let mut count = 0;
        while items.next_element_seed(&self.items)?.is_some() {
            count += 1;
        }
        accept(self.min_items <= count && count <= self.max_items)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        self.scalar(Types::OBJECT, true)?;
        let mut seen = 0;
        while let Some(property) = members.next_key_seed(PropertyOf(self))? {
            match (property, &self.additional) {
                (Some(property), _) => {
                    seen |= property.bit;
                    members.next_value_seed(&property.node)?;
                }
                (None, Some(node)) => members.next_value_seed(node)?,
                (None, None) => return accept(false),
            }
        }
        accept(seen & self.required == self.required)
    }
}

/// Integers up to this are exact as floats.
const MAX_EXACT: u64 = 1 << 53;

/// Reads a key as the property it names, without allocating for it.
struct PropertyOf<'a>(&'a Checks);

impl<'de, 'a> DeserializeSeed<'de> for PropertyOf<'a> {
    type Value = Option<&'a Property>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'_> for PropertyOf<'a> {
    type Value = Option<&'a Property>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.properties.get(key))
    }
}

#[cfg(test)]
mod tests {
    use super::Quick;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn what_is_not_known_is_left_to_the_complete_validator() {
        for schema in [
            json!({"type": "object", "patternProperties": {}}),
            json!({"anyOf": []}),
            json!({"enum": [1]}),
            json!({"required": ["unnamed"]}),
            json!({"$schema": "http://json-schema.org/draft-04/schema#"}),
        ] {
            assert!(Quick::compile(&schema).is_none(), "{schema}");
        }
    }

    #[test]
    fn what_follows_the_value_is_not_overlooked() {
        let quick = Quick::compile(&json!({"type": "object"})).unwrap();
        assert!(quick.accepts("{} "));
        assert!(!quick.accepts("{} {}"));
        assert!(!quick.accepts("{"));
    }

    fn schema() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(json!({})),
            Just(json!(true)),
            Just(json!({"type": "string", "minLength": 1, "maxLength": 3})),
            Just(json!({"type": ["string", "null"], "enum": ["a", "bc"]})),
            Just(json!({"type": "integer", "minimum": -1, "maximum": 4})),
            Just(json!({"type": "number", "minimum": 0.5})),
            Just(json!({"type": "boolean", "description": "x"})),
            Just(json!({"const": "a"})),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                (inner.clone(), 0..2_u64).prop_map(
                    |(items, least)| json!({"type": "array", "items": items, "minItems": least})
                ),
                (inner.clone(), inner.clone(), inner, any::<bool>()).prop_map(
                    |(a, b, rest, closed)| json!({
                        "type": "object",
                        "properties": {"a": a, "b": b},
                        "required": ["a"],
                        "additionalProperties": if closed { json!(false) } else { rest },
                    })
                ),
            ]
        })
    }

    fn instance() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(json!(null)),
            any::<bool>().prop_map(Value::from),
            (-3..6_i64).prop_map(Value::from),
            prop_oneof![Just(0.5), Just(1.0), Just(2.5)].prop_map(Value::from),
            "[abc]{0,4}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[abc]", inner, 0..3)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// In this range of values the quick part and the complete validator agree
        /// in both directions.
        #[test]
        fn the_two_parts_agree(schema in schema(), instance in instance()) {
            let quick = Quick::compile(&schema).unwrap();
            let complete = jsonschema::validator_for(&schema).unwrap();
            prop_assert_eq!(quick.accepts(&instance.to_string()), complete.is_valid(&instance));
        }
    }
}
