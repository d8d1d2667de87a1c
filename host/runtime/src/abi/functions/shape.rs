//! The types of a component's functions, as far as they can be written as JSON.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "what is no other name for a type is looked at further"
)]

use std::collections::HashMap;
use std::sync::Arc;

use wit_parser::{Field, Resolve, Type, TypeDefKind, TypeId};

use super::docs::paragraphs;

/// A WIT type without handles in it, and what its author says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) docs: Option<String>,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Integer(Integer),
    F32,
    F64,
    Char,
    Text,
    /// `list<u8>`.
    Bytes,
    List(Arc<Shape>),
    /// A list of a fixed length.
    Array(Arc<Shape>, u32),
    /// A map with text as keys.
    Map(Arc<Shape>),
    Record(Vec<Member>),
    Tuple(Vec<Arc<Shape>>),
    Variant(Vec<Case>),
    Enum(Vec<String>),
    Flags(Vec<String>),
    Option(Arc<Shape>),
    Result(Option<Arc<Shape>>, Option<Arc<Shape>>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Integer {
    S8,
    U8,
    S16,
    U16,
    S32,
    U32,
    S64,
    U64,
}

/// A field of a record, or a parameter of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) docs: Option<String>,
    pub(super) shape: Arc<Shape>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) docs: Option<String>,
    pub(super) shape: Option<Arc<Shape>>,
}

/// Reads types, each once: types that are used in many places are shared, so that
/// there are no more shapes than types.
pub(super) struct Shapes<'a> {
    resolve: &'a Resolve,
    known: HashMap<TypeId, Option<Arc<Shape>>>,
}

impl Kind {
    /// Whether JSON's null stands for one of its values.
    pub(super) fn takes_null(&self) -> bool {
        matches!(self, Self::Option(_))
    }
}

impl<'a> Shapes<'a> {
    pub(super) fn of(resolve: &'a Resolve) -> Self {
        Self {
            resolve,
            known: HashMap::new(),
        }
    }

    /// The shape of a type. None if there is a handle, a stream or a future in it.
    pub(super) fn shape(&mut self, ty: &Type) -> Option<Arc<Shape>> {
        let plain = |kind| Some(Arc::new(Shape { docs: None, kind }));
        match ty {
            Type::Bool => plain(Kind::Bool),
            Type::U8 => plain(Kind::Integer(Integer::U8)),
            Type::U16 => plain(Kind::Integer(Integer::U16)),
            Type::U32 => plain(Kind::Integer(Integer::U32)),
            Type::U64 => plain(Kind::Integer(Integer::U64)),
            Type::S8 => plain(Kind::Integer(Integer::S8)),
            Type::S16 => plain(Kind::Integer(Integer::S16)),
            Type::S32 => plain(Kind::Integer(Integer::S32)),
            Type::S64 => plain(Kind::Integer(Integer::S64)),
            Type::F32 => plain(Kind::F32),
            Type::F64 => plain(Kind::F64),
            Type::Char => plain(Kind::Char),
            Type::String => plain(Kind::Text),
            Type::ErrorContext => None,
            Type::Id(id) => {
                if let Some(known) = self.known.get(id) {
                    return known.clone();
                }
                let shape = self.defined(*id).map(Arc::new);
                self.known.insert(*id, shape.clone());
                shape
            }
        }
    }

    fn defined(&mut self, id: TypeId) -> Option<Shape> {
        let defined = self.resolve.types.get(id)?;
        let kind = match &defined.kind {
            // Another name for a type; the first that says something about it counts.
            TypeDefKind::Type(other) => {
                let other = self.shape(other)?;
                let docs = paragraphs(&defined.docs).or_else(|| other.docs.clone());
                return Some(Shape {
                    docs,
                    kind: other.kind.clone(),
                });
            }
            other => self.kind(other)?,
        };
        Some(Shape {
            docs: paragraphs(&defined.docs),
            kind,
        })
    }

    fn kind(&mut self, kind: &TypeDefKind) -> Option<Kind> {
        Some(match kind {
            TypeDefKind::Record(record) => Kind::Record(
                record
                    .fields
                    .iter()
                    .map(|field| self.field(field))
                    .collect::<Option<_>>()?,
            ),
            TypeDefKind::Tuple(tuple) => {
                let types = tuple.types.iter();
                Kind::Tuple(types.map(|ty| self.shape(ty)).collect::<Option<_>>()?)
            }
            TypeDefKind::Variant(variant) => Kind::Variant(
                variant
                    .cases
                    .iter()
                    .map(|case| {
                        Some(Case {
                            name: case.name.clone(),
                            docs: paragraphs(&case.docs),
                            shape: self.optional(case.ty.as_ref())?,
                        })
                    })
                    .collect::<Option<_>>()?,
            ),
            TypeDefKind::Enum(found) => {
                Kind::Enum(found.cases.iter().map(|case| case.name.clone()).collect())
            }
            TypeDefKind::Flags(found) => {
                Kind::Flags(found.flags.iter().map(|flag| flag.name.clone()).collect())
            }
            TypeDefKind::Option(ty) => Kind::Option(self.shape(ty)?),
            TypeDefKind::Result(result) => Kind::Result(
                self.optional(result.ok.as_ref())?,
                self.optional(result.err.as_ref())?,
            ),
            TypeDefKind::List(Type::U8) => Kind::Bytes,
            TypeDefKind::List(ty) => Kind::List(self.shape(ty)?),
            TypeDefKind::FixedLengthList(ty, length) => Kind::Array(self.shape(ty)?, *length),
            TypeDefKind::Map(Type::String, ty) => Kind::Map(self.shape(ty)?),
            TypeDefKind::Type(ty) => self.shape(ty)?.kind.clone(),
            TypeDefKind::Map(..)
            | TypeDefKind::Resource
            | TypeDefKind::Handle(_)
            | TypeDefKind::Future(_)
            | TypeDefKind::Stream(_)
            | TypeDefKind::Unknown => return None,
        })
    }

    /// A parameter. Nothing can be said about it in WIT but in the function's own docs.
    pub(super) fn member(&mut self, name: &str, ty: &Type) -> Option<Member> {
        Some(Member {
            name: name.to_owned(),
            docs: None,
            shape: self.shape(ty)?,
        })
    }

    fn field(&mut self, field: &Field) -> Option<Member> {
        let mut member = self.member(&field.name, &field.ty)?;
        member.docs = paragraphs(&field.docs);
        Some(member)
    }

    /// Nothing where there is no type; none where there is one without a shape.
    #[expect(
        clippy::option_option,
        reason = "the outer is whether it can be served, the inner whether it is there"
    )]
    fn optional(&mut self, ty: Option<&Type>) -> Option<Option<Arc<Shape>>> {
        ty.map(|ty| self.shape(ty))
            .map_or(Some(None), |shape| shape.map(Some))
    }
}
