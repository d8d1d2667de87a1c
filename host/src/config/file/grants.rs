//! What a plugin may reach, as a configuration file says it.

use std::str::FromStr;
use std::time::SystemTime;

use jiff::Timestamp;
use wharf_runtime::{
    Clock, DirGrant, Grants, HttpGrant, Randomness, SocketGrant, SocketTarget, StoreGrant,
};

use super::FileError;
use super::keys::{FILES, HTTP, SOCKETS, STORE};
use super::node::{Node, Table};
use super::place::path_of;
use super::values::{values, variables};
use crate::config::plugin::Origins;
use crate::config::{Environment, grants};

/// Requests that a call may have open. Beyond, one call could use up the host's
/// descriptors.
const MOST_CONNECTIONS: u32 = 256;

/// Everything a plugin is granted, and where its values are from.
pub(super) fn granted(
    table: &Table<'_>,
    environment: &Environment,
) -> Result<(Grants, Origins), FileError> {
    let (mut grants, mut origins) = (Grants::default(), Origins::default());
    table.set("files", &mut grants.dirs, |node| files(node, environment))?;
    if let Some(node) = table.get("env") {
        (grants.env, origins.env) = variables(node, environment)?;
    }
    if let Some(node) = table.get("config") {
        (grants.config, origins.config) = values(node, environment)?;
    }
    table.set("http", &mut grants.http, |node| http(node).map(Some))?;
    table.set("sockets", &mut grants.sockets, sockets)?;
    table.set("store", &mut grants.store, store)?;
    table.set("clock", &mut grants.clock, clock)?;
    table.set("random", &mut grants.random, |node| {
        // As far as TOML's numbers go.
        node.number(0..=i64::MAX.unsigned_abs())
            .map(Randomness::Seeded)
    })?;
    Ok((grants, origins))
}

fn files(node: &Node<'_>, environment: &Environment) -> Result<Vec<DirGrant>, FileError> {
    let parts = node.list()?;
    let dirs = parts.iter().map(|part| folder(part, environment));
    let dirs: Vec<DirGrant> = dirs.collect::<Result<_, _>>()?;
    if let Err((index, error)) = grants::check_together(&dirs) {
        let part = parts.get(index).unwrap_or(node);
        return Err(part.mistake(error.to_string(), error.hint().unwrap_or_default()));
    }
    Ok(dirs)
}

fn folder(node: &Node<'_>, environment: &Environment) -> Result<DirGrant, FileError> {
    let table = node.table(FILES)?;
    let host = table.required("host", "\"notes\"")?;
    let path = path_of(host, environment)?;
    let found = grants::folder(&path);
    let found = found.map_err(|problem| match problem.advice() {
        Some(hint) => host.mistake(problem.to_string(), hint),
        None => host.problem(problem.to_string()),
    })?;
    let (at, guest) = match table.get("guest") {
        Some(guest) => (guest, grants::guest_path(guest.text()?)),
        None => (host, grants::same_path(&path, &found)),
    };
    let guest = guest.map_err(|problem| match problem.advice() {
        Some(hint) => at.mistake(problem.to_string(), hint),
        None => at.problem(problem.to_string()),
    })?;
    let mode = table.get("mode").map(|mode| mode.word(&["ro", "rw"]));
    Ok(DirGrant {
        host: found,
        guest,
        writable: mode.transpose()? == Some("rw"),
    })
}

fn http(node: &Node<'_>) -> Result<HttpGrant, FileError> {
    let table = node.table(HTTP)?;
    let mut grant = HttpGrant::default();
    let example = "[\"https://api.example.com\"]";
    let allow = table.required("allow", example)?;
    grant.allow = parsed(
        allow,
        "write it like `https://api.example.com` or `*.example.org`",
    )?;
    if grant.allow.is_empty() {
        let hint =
            format!("name whom the plugin may ask, such as `{example}`, or leave out `http`");
        return Err(allow.mistake("the list is empty, so nothing is allowed", hint));
    }
    table.set("methods", &mut grant.methods, |node| {
        node.list()?.iter().map(method).collect()
    })?;
    if let Some(node) = table.get("addresses") {
        for part in node.list()? {
            let text = part.text()?;
            let network = text.parse().or_else(|error| {
                // An address alone is the smallest network there is.
                let bits = if text.contains(':') { 128 } else { 32 };
                format!("{text}/{bits}").parse().map_err(|_neither| error)
            });
            grant.addresses.push(network.map_err(|_not_a_network| {
                let problem = format!("`{text}` is not an address or a network");
                part.mistake(
                    problem,
                    "write it like `10.0.0.5`, `10.0.0.0/8` or `fd00::/8`",
                )
            })?);
        }
    }
    table.set("connections", &mut grant.connections, |node| {
        node.count(1..=MOST_CONNECTIONS)
    })?;
    table.set("timeout", &mut grant.timeout, Node::time)?;
    table.set("request-body", &mut grant.request_body, Node::bytes)?;
    table.set("response-body", &mut grant.response_body, Node::bytes)?;
    Ok(grant)
}

/// A method as it is in requests: in capitals, since methods are case-sensitive and
/// the usual ones are.
fn method(node: &Node<'_>) -> Result<String, FileError> {
    let text = node.text()?;
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Ok(text.to_owned());
    }
    let problem = format!("`{text}` is not a method");
    let capitals = text.to_ascii_uppercase();
    if !capitals.is_empty() && capitals.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(node.mistake(problem, format!("write `{capitals}`")));
    }
    Err(node.mistake(problem, "write it like `GET` or `POST`"))
}

fn sockets(node: &Node<'_>) -> Result<SocketGrant, FileError> {
    let table = node.table(SOCKETS)?;
    let mut grant = SocketGrant::default();
    let targets = |node: &Node<'_>| -> Result<Vec<SocketTarget>, FileError> {
        parsed(
            node,
            "write it like `10.0.0.5:5432`, `10.1.0.0/16:53` or `[fd00::1]:5432`",
        )
    };
    table.set("tcp", &mut grant.tcp, targets)?;
    table.set("udp", &mut grant.udp, targets)?;
    if grant.is_empty() {
        let problem = "nothing is allowed by this";
        let hint = "add `tcp = [\"10.0.0.5:5432\"]` or `udp = […]`, or leave out `sockets`";
        return Err(node.mistake(problem, hint));
    }
    Ok(grant)
}

/// The parts of a list, each read from its text.
fn parsed<T>(node: &Node<'_>, hint: &str) -> Result<Vec<T>, FileError>
where
    T: FromStr<Err: std::fmt::Display>,
{
    let parts = node.list()?;
    let parts = parts.iter().map(|part| {
        let text = part.text()?;
        text.parse()
            .map_err(|error| part.mistake(format!("`{text}`: {error}"), hint))
    });
    parts.collect()
}

fn store(node: &Node<'_>) -> Result<Option<StoreGrant>, FileError> {
    if let Some(granted) = node.as_flag() {
        return Ok(granted.then(StoreGrant::default));
    }
    if !node.is_table() {
        return Err(node.other_than("`true` or `{ scope = \"principal\" }`"));
    }
    let table = node.table(STORE)?;
    let mut grant = StoreGrant::default();
    table.set("scope", &mut grant.scope, |node| {
        let word = node.word(grants::SCOPES)?;
        Ok(grants::scope(word).unwrap_or_default())
    })?;
    table.set("quota", &mut grant.quota, Node::bytes)?;
    Ok(Some(grant))
}

/// A moment since 1970: the plugin's clock cannot say others.
fn clock(node: &Node<'_>) -> Result<Clock, FileError> {
    let text = node.moment()?;
    let moment = text.parse::<Timestamp>().map_err(|_no_moment| {
        node.mistake(
            format!("`{text}` is not a date and time with its offset"),
            "write it like `2026-01-01T00:00:00Z`",
        )
    })?;
    let moment = SystemTime::from(moment);
    if moment < SystemTime::UNIX_EPOCH {
        let problem = format!("`{text}` is before 1970");
        return Err(node.mistake(problem, "clocks of plugins begin with 1970"));
    }
    Ok(Clock::Fixed(moment))
}
