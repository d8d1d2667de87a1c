//! JSON Schemas (2020-12) of a function's parameters and result.
//!
//! They say exactly what [`super::value`] reads and writes; the table is in
//! `docs/functions.md`.

use serde_json::{Map, Value, json};

use super::shape::{Case, Integer, Kind, Member, Shape};

/// Parts that a schema may have. Types are shared and schemas are not, so a component
/// could ask for one of any size with a few dozen types.
const MAX_PARTS: usize = 10_000;

/// A schema would be too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLarge;

/// Whether a schema is of what a function takes or of what it gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    In,
    Out,
}

/// The schema of a function's arguments.
pub(super) fn of_arguments(parameters: &[Member]) -> Result<Value, TooLarge> {
    Writer::new(Way::In).object(parameters)
}

/// The schema of its structured result.
pub(super) fn of_result(shape: &Shape) -> Result<Value, TooLarge> {
    let schema = Writer::new(Way::Out).shape(shape)?;
    Ok(if is_object(shape) {
        schema
    } else {
        single(RESULT, &schema)
    })
}

/// A result as structure, which has to be an object (TOL-9): what is none itself is
/// a member of one.
pub(super) fn structured(shape: &Shape, value: Value) -> Value {
    if is_object(shape) {
        value
    } else {
        json!({ RESULT: value })
    }
}

const RESULT: &str = "result";

/// Whether all values of a shape are JSON objects.
fn is_object(shape: &Shape) -> bool {
    matches!(shape.kind, Kind::Record(_) | Kind::Map(_))
}

struct Writer {
    way: Way,
    left: usize,
}

impl Writer {
    fn new(way: Way) -> Self {
        Self {
            way,
            left: MAX_PARTS,
        }
    }

    fn shape(&mut self, shape: &Shape) -> Result<Value, TooLarge> {
        let schema = self.kind(&shape.kind)?;
        Ok(described(schema, shape.docs.as_deref()))
    }

    fn kind(&mut self, kind: &Kind) -> Result<Value, TooLarge> {
        self.left = self.left.checked_sub(1).ok_or(TooLarge)?;
        Ok(match kind {
            Kind::Bool => json!({ "type": "boolean" }),
            Kind::Integer(integer) => {
                let (least, most) = integer.bounds();
                json!({ "type": "integer", "minimum": least, "maximum": most })
            }
            Kind::F32 | Kind::F64 => self.float(),
            Kind::Char => json!({ "type": "string", "minLength": 1, "maxLength": 1 }),
            Kind::Text => json!({ "type": "string" }),
            Kind::Bytes => json!({ "type": "string", "contentEncoding": "base64" }),
            Kind::List(item) => json!({ "type": "array", "items": self.shape(item)? }),
            Kind::Array(item, length) => json!({
                "type": "array",
                "items": self.shape(item)?,
                "minItems": length,
                "maxItems": length,
            }),
            Kind::Map(value) => {
                json!({ "type": "object", "additionalProperties": self.shape(value)? })
            }
            Kind::Record(fields) => self.object(fields)?,
            Kind::Tuple(items) => {
                let schemas = items.iter().map(|item| self.shape(item));
                json!({
                    "type": "array",
                    "prefixItems": schemas.collect::<Result<Vec<_>, _>>()?,
                    "items": false,
                    "minItems": items.len(),
                })
            }
            Kind::Variant(cases) => self.variant(cases)?,
            Kind::Enum(names) => json!({ "type": "string", "enum": names }),
            Kind::Flags(names) => json!({
                "type": "array",
                "items": { "type": "string", "enum": names },
                "uniqueItems": true,
            }),
            Kind::Option(inner) => self.optional(inner)?,
            Kind::Result(ok, error) => {
                let mut side = |name: &str, shape: Option<&Shape>| {
                    let value = match shape {
                        Some(shape) => self.shape(shape)?,
                        None => json!({ "type": "null" }),
                    };
                    Ok(single(name, &value))
                };
                json!({ "oneOf": [side("ok", ok.as_deref())?, side("error", error.as_deref())?] })
            }
        })
    }

    /// JSON has no word for those that are no numbers, so results have names for them.
    fn float(&self) -> Value {
        match self.way {
            Way::In => json!({ "type": "number" }),
            Way::Out => json!({ "anyOf": [
                { "type": "number" },
                { "enum": ["NaN", "Infinity", "-Infinity"] },
            ] }),
        }
    }

    fn optional(&mut self, inner: &Shape) -> Result<Value, TooLarge> {
        let schema = self.shape(inner)?;
        // One null can stand for one absence only.
        if inner.kind.takes_null() {
            return Ok(json!({ "type": "array", "items": schema, "maxItems": 1 }));
        }
        Ok(json!({ "anyOf": [schema, { "type": "null" }] }))
    }

    /// What may be absent may also be null, and always is there in results.
    fn object(&mut self, members: &[Member]) -> Result<Value, TooLarge> {
        let mut properties = Map::new();
        for member in members {
            let schema = self.shape(&member.shape)?;
            let schema = described(schema, member.docs.as_deref());
            properties.insert(member.name.clone(), schema);
        }
        let required = members
            .iter()
            .filter(|member| self.way == Way::Out || !member.shape.kind.takes_null())
            .map(|member| member.name.as_str());
        Ok(json!({
            "type": "object",
            "properties": properties,
            "required": required.collect::<Vec<_>>(),
            "additionalProperties": false,
        }))
    }

    /// The name of the case, or an object with the name and what comes with it.
    fn variant(&mut self, cases: &[Case]) -> Result<Value, TooLarge> {
        let mut alternatives = Vec::new();
        for case in cases {
            let schema = match &case.shape {
                None => json!({ "const": case.name }),
                Some(shape) => single(&case.name, &self.shape(shape)?),
            };
            alternatives.push(described(schema, case.docs.as_deref()));
        }
        Ok(json!({ "oneOf": alternatives }))
    }
}

impl Integer {
    /// The least and the greatest.
    pub(super) fn bounds(self) -> (i128, i128) {
        match self {
            Self::S8 => (i8::MIN.into(), i8::MAX.into()),
            Self::U8 => (u8::MIN.into(), u8::MAX.into()),
            Self::S16 => (i16::MIN.into(), i16::MAX.into()),
            Self::U16 => (u16::MIN.into(), u16::MAX.into()),
            Self::S32 => (i32::MIN.into(), i32::MAX.into()),
            Self::U32 => (u32::MIN.into(), u32::MAX.into()),
            Self::S64 => (i64::MIN.into(), i64::MAX.into()),
            Self::U64 => (u64::MIN.into(), u64::MAX.into()),
        }
    }
}

fn single(name: &str, schema: &Value) -> Value {
    json!({
        "type": "object",
        "properties": { name: schema },
        "required": [name],
        "additionalProperties": false,
    })
}

/// What is nearer to the place of use wins over what is said about the type.
fn described(mut schema: Value, docs: Option<&str>) -> Value {
    if let (Value::Object(object), Some(docs)) = (&mut schema, docs) {
        object.insert("description".to_owned(), docs.into());
    }
    schema
}
