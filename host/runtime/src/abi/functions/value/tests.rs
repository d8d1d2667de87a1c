//! What is read and written is what the schema says, both ways.

use std::sync::Arc;

use serde_json::{Value, json};
use wasmtime::component::Val;

use super::super::shape::{Case, Integer, Kind, Member, Shape};
use super::{arguments, read, write};

fn shape(kind: Kind) -> Arc<Shape> {
    Arc::new(Shape { docs: None, kind })
}

fn text() -> Arc<Shape> {
    shape(Kind::Text)
}

fn option(inner: Arc<Shape>) -> Arc<Shape> {
    shape(Kind::Option(inner))
}

fn member(name: &str, shape: Arc<Shape>) -> Member {
    Member {
        name: name.to_owned(),
        docs: None,
        shape,
    }
}

fn case(name: &str, shape: Option<Arc<Shape>>) -> Case {
    Case {
        name: name.to_owned(),
        docs: None,
        shape,
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Every kind, with values of it.
fn samples() -> Vec<(Arc<Shape>, Vec<Value>)> {
    let integer = |kind| shape(Kind::Integer(kind));
    vec![
        (shape(Kind::Bool), vec![json!(true), json!(false)]),
        (integer(Integer::S8), vec![json!(-128), json!(127)]),
        (integer(Integer::U8), vec![json!(0), json!(255)]),
        (integer(Integer::S16), vec![json!(-32768)]),
        (integer(Integer::U16), vec![json!(65535)]),
        (integer(Integer::S32), vec![json!(i32::MIN)]),
        (integer(Integer::U32), vec![json!(u32::MAX)]),
        (
            integer(Integer::S64),
            vec![json!(i64::MIN), json!(i64::MAX)],
        ),
        (integer(Integer::U64), vec![json!(u64::MAX)]),
        (shape(Kind::F32), vec![json!(0.5), json!(-3.0)]),
        (shape(Kind::F64), vec![json!(0.1), json!(1e300)]),
        (shape(Kind::Char), vec![json!("é")]),
        (text(), vec![json!(""), json!("a\nb")]),
        (shape(Kind::Bytes), vec![json!(""), json!("AP8=")]),
        (
            shape(Kind::List(text())),
            vec![json!([]), json!(["a", "b"])],
        ),
        (shape(Kind::Array(text(), 2)), vec![json!(["a", "b"])]),
        (shape(Kind::Map(text())), vec![json!({}), json!({"a": "b"})]),
        (
            shape(Kind::Record(vec![
                member("a-b", text()),
                member("c", option(text())),
            ])),
            vec![
                json!({"a-b": "x", "c": null}),
                json!({"a-b": "x", "c": "y"}),
            ],
        ),
        (
            shape(Kind::Tuple(vec![text(), shape(Kind::Bool)])),
            vec![json!(["a", true])],
        ),
        (
            shape(Kind::Variant(vec![
                case("none", None),
                case("some", Some(text())),
            ])),
            vec![json!("none"), json!({"some": "x"})],
        ),
        (shape(Kind::Enum(names(&["a", "b"]))), vec![json!("b")]),
        (
            shape(Kind::Flags(names(&["a", "b"]))),
            vec![json!([]), json!(["a", "b"])],
        ),
        (option(text()), vec![json!(null), json!("x")]),
        (
            option(option(text())),
            vec![json!([]), json!([null]), json!(["x"])],
        ),
        (
            shape(Kind::Result(Some(text()), None)),
            vec![json!({"ok": "x"}), json!({"error": null})],
        ),
    ]
}

#[test]
fn what_is_read_is_written_the_same() {
    for (shape, values) in samples() {
        for value in values {
            let inside = read(&shape, &value).unwrap_or_else(|unfit| panic!("{value}: {unfit}"));
            assert_eq!(write(&shape, &inside), Some(value), "{inside:?}");
        }
    }
}

#[test]
fn values_of_other_types_are_refused() {
    for (shape, own) in samples() {
        for (other, values) in samples() {
            for value in values {
                if read(&shape, &value).is_ok() && !own.contains(&value) {
                    // What may be either is so on purpose: a whole number is a number.
                    let fits = write(&shape, &read(&shape, &value).unwrap());
                    assert!(fits.is_some(), "{value} of {other:?} as {shape:?}");
                }
            }
        }
        assert!(
            read(&shape, &json!({"nothing": ["like", "it"]})).is_err(),
            "{shape:?}"
        );
    }
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let line = shape(Kind::Record(vec![
        member("article", text()),
        member("amount", shape(Kind::Integer(Integer::U8))),
        member("picture", option(shape(Kind::Bytes))),
    ]));
    let parameters = [member("lines", shape(Kind::List(line)))];
    for (value, expected) in [
        (json!({}), "`lines`: it is missing"),
        (json!({"lines": 1}), "`lines`: it is of another type"),
        (
            json!({"lines": [{"article": "a"}]}),
            "`lines[0].amount`: it is missing",
        ),
        (
            json!({"lines": [{"article": "a", "amount": 256}]}),
            "`lines[0].amount`: it is not a whole number in the range of its type",
        ),
        (
            json!({"lines": [{"article": "a", "amount": 1.5}]}),
            "`lines[0].amount`: it is not a whole number in the range of its type",
        ),
        (
            json!({"lines": [{"article": "a", "amount": 1, "picture": "?"}]}),
            "`lines[0].picture`: it is not base64",
        ),
    ] {
        let refused = arguments(&parameters, value.as_object().unwrap());
        assert_eq!(refused.unwrap_err().to_string(), expected, "{value}");
    }
}

#[test]
fn whole_numbers_may_be_written_with_a_point() {
    let shape = shape(Kind::Integer(Integer::U8));
    assert_eq!(read(&shape, &json!(3.0)), Ok(Val::U8(3)));
}

#[test]
fn what_is_no_number_has_a_name() {
    let shape = shape(Kind::F64);
    for (number, name) in [
        (f64::NAN, "NaN"),
        (f64::INFINITY, "Infinity"),
        (f64::NEG_INFINITY, "-Infinity"),
    ] {
        assert_eq!(write(&shape, &Val::Float64(number)), Some(json!(name)));
        assert!(read(&shape, &json!(name)).is_err());
    }
}
