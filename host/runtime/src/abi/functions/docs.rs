//! What authors say about their functions and types.
//!
//! A component's types have no room for doc comments. Tools that want to keep them put
//! them into a custom section, `package-docs`, in the form that WIT packages have them
//! in: a byte for the version and then JSON, by the names of things. It says of which
//! world and interface, and not of which package, so names have to do.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "of many kinds of sections and types only a few can have docs"
)]

use std::borrow::Cow;

use serde_json::Value;
use wasmparser::{CustomSectionReader, Parser, Payload};
use wit_parser::{
    Docs, Function, InterfaceId, PackageMetadata, Resolve, TypeDefKind, TypeId, WorldId, WorldItem,
    WorldKey,
};

/// Versions of the section that are alike as far as docs are concerned.
const VERSIONS: [u8; 2] = [0, 1];

/// Puts what the section says to where it belongs. There may be no such section, and
/// what is wrong with one harms nobody: then there are no docs.
pub(super) fn fill_in(resolve: &mut Resolve, world: WorldId, component: &[u8]) {
    let Some(section) = section(component).and_then(parse) else {
        return;
    };
    for (name, interface) in entries(&section, "interfaces") {
        of_interface(resolve, name, interface);
    }
    for (_, of_world) in entries(&section, "worlds") {
        for (name, interface) in either(of_world, "interface_exports", "interfaces") {
            of_interface(resolve, name, interface);
        }
        for (name, docs) in either(of_world, "func_exports", "funcs") {
            let key = WorldKey::Name(name.clone());
            let export = resolve.worlds[world].exports.get_mut(&key);
            if let Some(WorldItem::Function(function)) = export {
                of_function(function, docs);
            }
        }
        for (name, docs) in entries(of_world, "types") {
            let named = |ty: &wit_parser::TypeDef| ty.name.as_ref() == Some(name);
            let types = resolve.types.iter().filter(|(_, ty)| named(ty));
            for id in types.map(|(id, _)| id).collect::<Vec<_>>() {
                of_type(resolve, id, docs);
            }
        }
    }
}

/// A paragraph is one line: lines end where the source file's do, which says nothing.
pub(super) fn paragraphs(docs: &Docs) -> Option<String> {
    let contents = docs.contents.as_deref()?.trim();
    if contents.is_empty() {
        return None;
    }
    let paragraphs = contents.split("\n\n").map(|paragraph| {
        let lines = paragraph.lines().map(str::trim);
        lines.collect::<Vec<_>>().join(" ")
    });
    Some(paragraphs.collect::<Vec<_>>().join("\n\n"))
}

/// The custom section of the component itself, not of one inside it.
fn section(component: &[u8]) -> Option<&[u8]> {
    let mut sections = sections(component);
    sections.find_map(|(found, depth)| (depth == 0).then_some(found.data()))
}

/// The component without such sections. The decoder would insist on a package that
/// has all that they speak of, and a component has a part of it.
pub(super) fn without(component: &[u8]) -> Cow<'_, [u8]> {
    let mut without = Cow::Borrowed(component);
    for (found, _) in sections(component) {
        // The name is right before the data. By another one it is skipped.
        let name = found.data_offset() - found.name().len();
        if let Some(letter) = without.to_mut().get_mut(name) {
            *letter = b'-';
        }
    }
    without
}

/// All sections of that name, and how deep inside they are.
fn sections(component: &[u8]) -> impl Iterator<Item = (CustomSectionReader<'_>, usize)> {
    let mut depth = 0_usize;
    let payloads = Parser::new(0).parse_all(component);
    payloads
        .map_while(Result::ok)
        .filter_map(move |payload| match payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => {
                depth += 1;
                None
            }
            Payload::End(_) => {
                depth = depth.saturating_sub(1);
                None
            }
            Payload::CustomSection(found) if found.name() == PackageMetadata::SECTION_NAME => {
                Some((found, depth))
            }
            _ => None,
        })
}

fn parse(section: &[u8]) -> Option<Value> {
    let (version, json) = section.split_first()?;
    if !VERSIONS.contains(version) {
        return None;
    }
    serde_json::from_slice(json).ok()
}

fn entries<'a>(value: &'a Value, member: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    value
        .get(member)
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
}

fn either<'a>(
    value: &'a Value,
    first: &str,
    second: &str,
) -> impl Iterator<Item = (&'a String, &'a Value)> {
    entries(value, first).chain(entries(value, second))
}

/// All interfaces of that name: those of two packages are told apart by what is in
/// them.
fn of_interface(resolve: &mut Resolve, name: &str, docs: &Value) {
    let interfaces = resolve.interfaces.iter();
    let named = interfaces.filter(|(_, interface)| interface.name.as_deref() == Some(name));
    for id in named.map(|(id, _)| id).collect::<Vec<InterfaceId>>() {
        for (name, docs) in entries(docs, "funcs") {
            if let Some(function) = resolve.interfaces[id].functions.get_mut(name) {
                of_function(function, docs);
            }
        }
        for (name, docs) in entries(docs, "types") {
            if let Some(&ty) = resolve.interfaces[id].types.get(name) {
                of_type(resolve, ty, docs);
            }
        }
    }
}

fn of_function(function: &mut Function, docs: &Value) {
    function.docs = read(docs);
}

fn of_type(resolve: &mut Resolve, id: TypeId, docs: &Value) {
    let Some(ty) = resolve.types.get_mut(id) else {
        return;
    };
    ty.docs = read(docs);
    let item = |name: &str| {
        docs.get("items")
            .and_then(|items| items.get(name))
            .map(read)
    };
    match &mut ty.kind {
        TypeDefKind::Record(record) => {
            for field in &mut record.fields {
                field.docs = item(&field.name).unwrap_or_default();
            }
        }
        TypeDefKind::Variant(variant) => {
            for case in &mut variant.cases {
                case.docs = item(&case.name).unwrap_or_default();
            }
        }
        _ => {}
    }
}

/// Docs are text, or the `docs` of an object.
fn read(docs: &Value) -> Docs {
    let text = docs.as_str().or_else(|| docs.get("docs")?.as_str());
    Docs {
        contents: text.map(str::to_owned),
    }
}
