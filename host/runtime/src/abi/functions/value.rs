//! Values, from JSON to the component model's and back.
//!
//! Arguments have been checked against the schema before they come here; what a
//! schema cannot say (base64, keys given twice) is checked here.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a value of any kind may come where one of another should be"
)]

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Number, Value, json};
use wasmtime::component::Val;

use super::shape::{Case, Integer, Kind, Member, Shape};

/// Why a value does not fit, and where: a path such as `lines[2].amount`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unfit {
    path: String,
    problem: &'static str,
}

impl std::fmt::Display for Unfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "`{}`: {}",
            self.path.trim_start_matches('.'),
            self.problem
        )
    }
}

impl Unfit {
    fn new(problem: &'static str) -> Self {
        Self {
            path: String::new(),
            problem,
        }
    }

    fn at(mut self, step: &str) -> Self {
        self.path.insert_str(0, step);
        self
    }

    fn in_member(self, name: &str) -> Self {
        self.at(&format!(".{name}"))
    }

    fn in_item(self, index: usize) -> Self {
        self.at(&format!("[{index}]"))
    }
}

/// The parameters of a function, in order.
pub(super) fn arguments(
    members: &[Member],
    object: &Map<String, Value>,
) -> Result<Vec<Val>, Unfit> {
    let values = members.iter().map(|member| of_member(member, object));
    values.collect()
}

fn of_member(member: &Member, object: &Map<String, Value>) -> Result<Val, Unfit> {
    let found = object.get(&member.name);
    let value = match found {
        Some(value) => read(&member.shape, value),
        None if member.shape.kind.takes_null() => Ok(Val::Option(None)),
        None => Err(Unfit::new("it is missing")),
    };
    value.map_err(|unfit| unfit.in_member(&member.name))
}

/// A value as a guest takes it.
fn read(shape: &Shape, value: &Value) -> Result<Val, Unfit> {
    Ok(match (&shape.kind, value) {
        (Kind::Bool, Value::Bool(flag)) => Val::Bool(*flag),
        (Kind::Integer(kind), Value::Number(number)) => integer(*kind, number)?,
        (Kind::F32, Value::Number(number)) => {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the nearest that a 32-bit number can say"
            )]
            let number = float(number)? as f32;
            Val::Float32(number)
        }
        (Kind::F64, Value::Number(number)) => Val::Float64(float(number)?),
        (Kind::Char, Value::String(text)) => Val::Char(single_char(text)?),
        (Kind::Text, Value::String(text)) => Val::String(text.clone()),
        (Kind::Bytes, Value::String(text)) => bytes(text)?,
        (Kind::List(item), Value::Array(items)) => Val::List(all(item, items)?),
        (Kind::Array(item, length), Value::Array(items)) => {
            if u32::try_from(items.len()) != Ok(*length) {
                return Err(Unfit::new("it has a wrong number of items"));
            }
            Val::FixedLengthList(all(item, items)?)
        }
        (Kind::Map(inner), Value::Object(entries)) => {
            let entries = entries.iter().map(|(key, value)| {
                let value = read(inner, value).map_err(|unfit| unfit.in_member(key))?;
                Ok((Val::String(key.clone()), value))
            });
            Val::Map(entries.collect::<Result<_, _>>()?)
        }
        (Kind::Record(fields), Value::Object(object)) => {
            let fields = fields
                .iter()
                .map(|field| Ok((field.name.clone(), of_member(field, object)?)));
            Val::Record(fields.collect::<Result<_, _>>()?)
        }
        (Kind::Tuple(shapes), Value::Array(items)) if shapes.len() == items.len() => {
            let items = shapes.iter().zip(items).enumerate();
            let items = items.map(|(index, (shape, item))| {
                read(shape, item).map_err(|unfit| unfit.in_item(index))
            });
            Val::Tuple(items.collect::<Result<_, _>>()?)
        }
        (Kind::Variant(cases), value) => variant(cases, value)?,
        (Kind::Enum(names), Value::String(name)) if names.contains(name) => Val::Enum(name.clone()),
        (Kind::Flags(names), Value::Array(set)) => flags(names, set)?,
        (Kind::Option(inner), value) => option(inner, value)?,
        (Kind::Result(ok, error), Value::Object(object)) => {
            result(ok.as_deref(), error.as_deref(), object)?
        }
        _ => return Err(Unfit::new("it is of another type")),
    })
}

fn all(shape: &Shape, items: &[Value]) -> Result<Vec<Val>, Unfit> {
    let items = items.iter().enumerate();
    items
        .map(|(index, item)| read(shape, item).map_err(|unfit| unfit.in_item(index)))
        .collect()
}

fn integer(kind: Integer, number: &Number) -> Result<Val, Unfit> {
    let problem = || Unfit::new("it is not a whole number in the range of its type");
    let (least, most) = kind.bounds();
    let whole = match (number.as_i64(), number.as_u64(), number.as_f64()) {
        (Some(number), _, _) => i128::from(number),
        (_, Some(number), _) => i128::from(number),
        // `1.0` and `1e3` are integers in JSON Schema. Beyond 2^53 they are rounded.
        (_, _, Some(number))
            if number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0 =>
        {
            #[expect(clippy::cast_possible_truncation, reason = "it is whole and small")]
            let number = number as i128;
            number
        }
        _ => return Err(problem()),
    };
    if !(least..=most).contains(&whole) {
        return Err(problem());
    }
    let fits = || -> Result<Val, std::num::TryFromIntError> {
        Ok(match kind {
            Integer::S8 => Val::S8(whole.try_into()?),
            Integer::U8 => Val::U8(whole.try_into()?),
            Integer::S16 => Val::S16(whole.try_into()?),
            Integer::U16 => Val::U16(whole.try_into()?),
            Integer::S32 => Val::S32(whole.try_into()?),
            Integer::U32 => Val::U32(whole.try_into()?),
            Integer::S64 => Val::S64(whole.try_into()?),
            Integer::U64 => Val::U64(whole.try_into()?),
        })
    };
    fits().map_err(|_out_of_range| problem())
}

fn float(number: &Number) -> Result<f64, Unfit> {
    number
        .as_f64()
        .ok_or_else(|| Unfit::new("it is not a number"))
}

fn single_char(text: &str) -> Result<char, Unfit> {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(char), None) => Ok(char),
        _ => Err(Unfit::new("it is not one character")),
    }
}

fn bytes(text: &str) -> Result<Val, Unfit> {
    let bytes = BASE64_STANDARD.decode(text);
    let bytes = bytes.map_err(|_anything| Unfit::new("it is not base64"))?;
    Ok(Val::List(bytes.into_iter().map(Val::U8).collect()))
}

fn variant(cases: &[Case], value: &Value) -> Result<Val, Unfit> {
    let unknown = || Unfit::new("it is none of the alternatives");
    let (name, inner) = match value {
        Value::String(name) => (name, None),
        Value::Object(object) => match object.iter().next() {
            Some((name, inner)) if object.len() == 1 => (name, Some(inner)),
            _ => return Err(unknown()),
        },
        _ => return Err(unknown()),
    };
    let case = cases.iter().find(|case| case.name == *name);
    let inner = match (&case.ok_or_else(unknown)?.shape, inner) {
        (None, None) => None,
        (Some(shape), Some(inner)) => {
            let inner = read(shape, inner).map_err(|unfit| unfit.in_member(name))?;
            Some(Box::new(inner))
        }
        _ => return Err(unknown()),
    };
    Ok(Val::Variant(name.clone(), inner))
}

fn flags(names: &[String], set: &[Value]) -> Result<Val, Unfit> {
    let named = set.iter().map(|item| match item {
        Value::String(name) if names.contains(name) => Ok(name.clone()),
        _ => Err(Unfit::new("there is an unknown name in it")),
    });
    let mut named: Vec<String> = named.collect::<Result<_, _>>()?;
    named.sort_unstable();
    named.dedup();
    Ok(Val::Flags(named))
}

fn option(inner: &Shape, value: &Value) -> Result<Val, Unfit> {
    let value = match value {
        Value::Array(items) if inner.kind.takes_null() => match items.as_slice() {
            [] => None,
            [item] => Some(item),
            _ => return Err(Unfit::new("there is more than one item in it")),
        },
        _ if inner.kind.takes_null() => return Err(Unfit::new("it is not an array")),
        Value::Null => None,
        value => Some(value),
    };
    let value = value.map(|value| read(inner, value)).transpose()?;
    Ok(Val::Option(value.map(Box::new)))
}

fn result(
    ok: Option<&Shape>,
    error: Option<&Shape>,
    object: &Map<String, Value>,
) -> Result<Val, Unfit> {
    let side = |shape: Option<&Shape>, value: &Value, name| match (shape, value) {
        (None, Value::Null) => Ok(None),
        (None, _) => Err(Unfit::new("it is not null").in_member(name)),
        (Some(shape), value) => read(shape, value)
            .map(|value| Some(Box::new(value)))
            .map_err(|unfit| unfit.in_member(name)),
    };
    match (object.get("ok"), object.get("error")) {
        (Some(value), None) => Ok(Val::Result(Ok(side(ok, value, "ok")?))),
        (None, Some(value)) => Ok(Val::Result(Err(side(error, value, "error")?))),
        _ => Err(Unfit::new("it has neither `ok` nor `error`, or both")),
    }
}

/// A value as clients read it. None if it is not of this shape, which the types of
/// the component model rule out.
pub(super) fn write(shape: &Shape, value: &Val) -> Option<Value> {
    Some(match (&shape.kind, value) {
        (Kind::Bool, Val::Bool(flag)) => (*flag).into(),
        (Kind::Integer(_), value) => whole(value)?,
        (Kind::F32, Val::Float32(number)) => number_or_name(f64::from(*number)),
        (Kind::F64, Val::Float64(number)) => number_or_name(*number),
        (Kind::Char, Val::Char(char)) => char.to_string().into(),
        (Kind::Text, Val::String(text)) => text.as_str().into(),
        (Kind::Bytes, Val::List(items)) => base64(items)?.into(),
        (Kind::List(item), Val::List(items))
        | (Kind::Array(item, _), Val::FixedLengthList(items)) => items
            .iter()
            .map(|value| write(item, value))
            .collect::<Option<_>>()?,
        (Kind::Map(inner), Val::Map(entries)) => {
            let entries = entries.iter().map(|(key, value)| match key {
                Val::String(key) => Some((key.clone(), write(inner, value)?)),
                _ => None,
            });
            Value::Object(entries.collect::<Option<_>>()?)
        }
        (Kind::Record(fields), Val::Record(values)) => {
            let fields = fields.iter().zip(values);
            let fields = fields
                .map(|(field, (name, value))| Some((name.clone(), write(&field.shape, value)?)));
            Value::Object(fields.collect::<Option<_>>()?)
        }
        (Kind::Tuple(shapes), Val::Tuple(values)) => {
            let items = shapes.iter().zip(values);
            items
                .map(|(shape, value)| write(shape, value))
                .collect::<Option<_>>()?
        }
        (Kind::Variant(cases), Val::Variant(name, inner)) => {
            let case = cases.iter().find(|case| case.name == *name)?;
            match (&case.shape, inner) {
                (Some(shape), Some(inner)) => json!({ name: write(shape, inner)? }),
                _ => name.as_str().into(),
            }
        }
        (Kind::Enum(_), Val::Enum(name)) => name.as_str().into(),
        (Kind::Flags(_), Val::Flags(set)) => json!(set),
        (Kind::Option(_), Val::Option(None)) if !nested(shape) => Value::Null,
        (Kind::Option(inner), Val::Option(value)) => {
            let value = match value {
                Some(value) => Some(write(inner, value)?),
                None => None,
            };
            if nested(shape) {
                Value::Array(value.into_iter().collect())
            } else {
                value?
            }
        }
        (Kind::Result(ok, error), Val::Result(result)) => {
            let side = |shape: Option<&Shape>, value: Option<&Val>| match (shape, value) {
                (Some(shape), Some(value)) => write(shape, value),
                _ => Some(Value::Null),
            };
            match result {
                Ok(value) => json!({ "ok": side(ok.as_deref(), value.as_deref())? }),
                Err(value) => json!({ "error": side(error.as_deref(), value.as_deref())? }),
            }
        }
        _ => return None,
    })
}

/// An option of something that may itself be null.
fn nested(shape: &Shape) -> bool {
    matches!(&shape.kind, Kind::Option(inner) if inner.kind.takes_null())
}

fn whole(value: &Val) -> Option<Value> {
    Some(match value {
        Val::S8(number) => (*number).into(),
        Val::U8(number) => (*number).into(),
        Val::S16(number) => (*number).into(),
        Val::U16(number) => (*number).into(),
        Val::S32(number) => (*number).into(),
        Val::U32(number) => (*number).into(),
        Val::S64(number) => (*number).into(),
        Val::U64(number) => (*number).into(),
        _ => return None,
    })
}

fn number_or_name(number: f64) -> Value {
    match Number::from_f64(number) {
        Some(number) => Value::Number(number),
        None if number.is_nan() => "NaN".into(),
        None if number > 0.0 => "Infinity".into(),
        None => "-Infinity".into(),
    }
}

fn base64(items: &[Val]) -> Option<String> {
    let bytes = items.iter().map(|item| match item {
        Val::U8(byte) => Some(*byte),
        _ => None,
    });
    Some(BASE64_STANDARD.encode(bytes.collect::<Option<Vec<u8>>>()?))
}

#[cfg(test)]
mod tests;
