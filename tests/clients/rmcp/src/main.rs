//! The cases, requested by the official Rust client, which lets one choose the
//! revision: each of them over each transport that it has or can be given.
//!
//! Like the suites in other languages it prints a line for each check, and in the
//! end how many passed and failed.

#![expect(
    deprecated,
    reason = "sampling, roots and logging are not in every revision"
)]

mod cases;
mod client;
mod host;
mod manners;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use rmcp::ServiceError;
use rmcp::model::PaginatedRequestParams;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::cases::CaseFile;
use crate::client::{Connected, Ears, Hosts, MODERN, TRANSPORTS, connect, parse};
use crate::host::{Folder, Server, Wharf};
use crate::report::{Report, difference};

const REVISIONS: [&str; 5] = [
    "2024-11-05",
    "2025-03-26",
    "2025-06-18",
    "2025-11-25",
    MODERN,
];
const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";
const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";
const CACHED: [&str; 5] = [
    "tools/list",
    "prompts/list",
    "resources/list",
    "resources/templates/list",
    "resources/read",
];
/// How to use it.
const USAGE: &str = "usage: wharf-clients-rmcp --wharf BINARY --plugins FOLDER [CASES…|manners]";

/// How to connect, and what to call it.
#[derive(Debug, Clone, Copy)]
struct Setting<'a> {
    wharf: &'a Wharf,
    transport: &'a str,
    revision: &'a str,
    label: &'a str,
    number: usize,
}

// The client handles each notification in a task of its own. More than one thread would
// put them in any order.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode> {
    let (wharf, only) = arguments()?;
    let only = if only.is_empty() {
        cases::names()?
            .into_iter()
            .chain(["manners".to_owned()])
            .collect()
    } else {
        only
    };
    let mut report = Report::default();
    let mut number = 0;
    for name in only {
        for transport in TRANSPORTS {
            for revision in REVISIONS {
                number += 1;
                let label = &format!("{name} / {transport} / {revision}");
                let setting = Setting {
                    wharf: &wharf,
                    transport,
                    revision,
                    label,
                    number,
                };
                if let Err(error) = run(setting, &name, &mut report).await {
                    report.check(&format!("{label}: to the end"), Some(format!("{error:#}")));
                }
            }
        }
    }
    Ok(if report.close() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn arguments() -> Result<(Wharf, Vec<String>)> {
    let (mut binary, mut plugins, mut only) = (None, None, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--wharf" => binary = arguments.next().map(PathBuf::from),
            "--plugins" => plugins = arguments.next().map(PathBuf::from),
            other if other.starts_with('-') => bail!(USAGE),
            _ => only.push(argument),
        }
    }
    Ok((
        Wharf::new(binary.context(USAGE)?, plugins.context(USAGE)?)?,
        only,
    ))
}

/// Starts a host, connects a client, runs what is asked for, and checks that the host
/// ends well.
async fn run(setting: Setting<'_>, name: &str, report: &mut Report) -> Result<()> {
    let manners = name == "manners";
    let file = if manners {
        manners::file()
    } else {
        CaseFile::load(name)?
    };
    let folder = Folder::new(&file.serve, setting.number)?;
    let server = match setting.transport {
        "stdio" => None,
        _ => Some(Server::start(setting.wharf.serve(&file.serve, &folder), &folder).await?),
    };
    let capabilities = match name {
        "manners" => json!({ "extensions": { "io.modelcontextprotocol/tasks": {} } }),
        _ if file.asks() => json!({
            "elicitation": { "form": {}, "url": {} },
            "sampling": {},
            "roots": {},
        }),
        _ => json!({}),
    };
    let ears = Ears::new(setting.revision, capabilities)?;
    let hosts = Hosts {
        wharf: setting.wharf,
        serve: &file.serve,
        folder: &folder,
        server: server.as_ref(),
    };
    let connected = connect(ears.clone(), setting.transport, hosts).await?;
    check_opening(setting, &connected, &file, report);
    if setting.revision < MODERN {
        connected
            .set_level(parse(json!({ "level": "info" }))?)
            .await?;
    }
    if manners {
        manners::check(setting, &connected, &ears, report).await?;
    }
    for case in &file.cases {
        let problem = perform(setting, &connected, &ears, case).await?;
        let name = case["name"].as_str().unwrap_or_default();
        report.check(&format!("{}: {name}", setting.label), problem);
    }
    connected.cancel().await?;
    if let Some(server) = server {
        let problem = server.stop().await.err();
        let name = format!("{}: the host ends when asked to", setting.label);
        report.check(&name, problem.map(|problem| problem.to_string()));
    }
    if let Some(leaves) = file.leaves {
        report.equal(
            &format!("{}: the files it leaves", setting.label),
            &folder.files()?,
            &leaves,
        );
    }
    Ok(())
}

/// Checks what the host says about itself at first.
fn check_opening(
    setting: Setting<'_>,
    connected: &Connected,
    file: &CaseFile,
    report: &mut Report,
) {
    let Some(about) = connected.peer_info() else {
        return report.check(
            &format!("{}: it says who it is", setting.label),
            Some("no".to_owned()),
        );
    };
    let about = json!([
        about.protocol_version,
        about.capabilities,
        about.server_info
    ]);
    let mut capabilities = cases::at(&file.capabilities, setting.revision).unwrap_or_default();
    forget_tasks(&mut capabilities);
    let me = json!({ "name": "wharf", "version": setting.wharf.version });
    let expected = json!([setting.revision, capabilities, me]);
    report.equal(
        &format!("{}: what the host says about itself", setting.label),
        &about,
        &expected,
    );
}

/// Makes the request of a case. Returns what is wrong with what comes back.
async fn perform(
    setting: Setting<'_>,
    connected: &Connected,
    ears: &Ears,
    case: &Value,
) -> Result<Option<String>> {
    let mut expected = cases::outcome(case, setting.revision);
    let tools = expected
        .pointer_mut("/result/tools")
        .and_then(Value::as_array_mut);
    tools.into_iter().flatten().for_each(forget_tasks);
    {
        let mut heard = ears.heard();
        heard.person.expect(case, setting.revision);
        heard.progress.clear();
        heard.logs.clear();
    }
    let method = case["request"].as_str().context("no request")?;
    let mut params = case.get("params").cloned().unwrap_or_else(|| json!({}));
    if setting.revision >= MODERN && method == "tools/call" {
        params["_meta"] = json!({ LOG_LEVEL: "info" });
    }
    let mut actual = match request(connected, method, params).await? {
        Ok(mut result) => {
            if setting.revision >= MODERN
                && let Some(problem) = unwrap(setting, method, case, &mut result)
            {
                return Ok(Some(problem));
            }
            json!({ "result": cases::narrowed(case, result) })
        }
        Err(ServiceError::McpError(error)) => json!({ "error": error }),
        Err(ServiceError::TransportSend(error)) => {
            json!({ "error": error_in(&error.to_string())? })
        }
        Err(other) => bail!(other),
    };
    let count = |member: &str| expected[member].as_array().map_or(0, Vec::len);
    let (progress, logs) = (count("progress"), count("logs"));
    ears.until(|heard| heard.progress.len() >= progress && heard.logs.len() >= logs)
        .await;
    let heard = ears.heard();
    actual["progress"] = json!(heard.progress);
    actual["logs"] = json!(heard.logs);
    Ok(difference(&actual, &expected).or_else(|| heard.person.problem()))
}

/// The error that the client was sent. Over Unix sockets it takes errors that come with
/// a status of their own for errors of the transport, and only says so.
fn error_in(words: &str) -> Result<Value> {
    let json = words
        .find('{')
        .and_then(|begin| serde_json::from_str::<Value>(&words[begin..]).ok());
    json.map(|mut message| message["error"].take())
        .with_context(|| words.to_owned())
}

/// What the client does not read: tasks as they were before they became an extension.
fn forget_tasks(of: &mut Value) {
    for member in ["tasks", "execution"] {
        of.as_object_mut()
            .and_then(|members| members.shift_remove(member));
    }
}

type Answered = Result<Value, ServiceError>;

/// Makes a request with the client's own function for it. An error of this function
/// is a mistake in the case.
async fn request(connected: &Connected, method: &str, params: Value) -> Result<Answered> {
    macro_rules! pages {
        ($list:ident, $member:literal) => {{
            let mut whole = Map::new();
            let mut cursor = None;
            loop {
                let page = PaginatedRequestParams::default().with_cursor(cursor);
                match connected.$list(Some(page)).await {
                    Ok(page) => cursor = add_page(&mut whole, $member, &page)?,
                    Err(error) => break Err(error),
                }
                if cursor.is_none() {
                    break Ok(Value::Object(whole));
                }
            }
        }};
    }
    Ok(match method {
        "tools/list" => pages!(list_tools, "tools"),
        "resources/list" => pages!(list_resources, "resources"),
        "resources/templates/list" => pages!(list_resource_templates, "resourceTemplates"),
        "prompts/list" => pages!(list_prompts, "prompts"),
        "tools/call" => written(connected.call_tool(parse(params)?).await)?,
        "resources/read" => written(connected.read_resource(parse(params)?).await)?,
        "prompts/get" => written(connected.get_prompt(parse(params)?).await)?,
        "completion/complete" => written(connected.complete(parse(params)?).await)?,
        other => bail!("no such request: {other}"),
    })
}

fn written<T: Serialize>(result: Result<T, ServiceError>) -> Result<Answered> {
    Ok(match result {
        Ok(result) => Ok(serde_json::to_value(result)?),
        Err(error) => Err(error),
    })
}

/// Adds a page of a list to the others. Returns where the next one begins.
fn add_page(
    whole: &mut Map<String, Value>,
    member: &str,
    page: &impl Serialize,
) -> Result<Option<String>> {
    let Value::Object(mut page) = serde_json::to_value(page)? else {
        bail!("a page is no object");
    };
    let cursor = page
        .remove("nextCursor")
        .and_then(|it| it.as_str().map(str::to_owned));
    if let (Some(Value::Array(all)), Some(Value::Array(more))) =
        (whole.get_mut(member), page.get(member))
    {
        all.extend(more.iter().cloned());
    } else {
        *whole = page;
    }
    Ok(cursor)
}

/// Takes off what every modern result has. Returns what is wrong with it.
fn unwrap(setting: Setting<'_>, method: &str, case: &Value, result: &mut Value) -> Option<String> {
    let members = result.as_object_mut()?;
    let meta = members.get_mut("_meta").and_then(Value::as_object_mut);
    let about = meta.and_then(|meta| meta.shift_remove(SERVER_INFO));
    if members
        .get("_meta")
        .and_then(Value::as_object)
        .is_some_and(Map::is_empty)
    {
        members.remove("_meta");
    }
    let mut wrapping = json!({ "resultType": members.remove("resultType"), "serverInfo": about });
    let mut expected = json!({
        "resultType": "complete",
        "serverInfo": { "name": "wharf", "version": setting.wharf.version },
    });
    if CACHED.contains(&method) {
        wrapping["ttlMs"] = members.remove("ttlMs").unwrap_or_default();
        wrapping["cacheScope"] = members.remove("cacheScope").unwrap_or_default();
        expected["ttlMs"] = case.get("ttl").cloned().unwrap_or_else(|| json!(0));
        expected["cacheScope"] = json!("private");
    }
    difference(&wrapping, &expected)
}
