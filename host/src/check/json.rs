//! Findings for programs. Fields may be added, not renamed or removed.
//!
//! | field | meaning |
//! | --- | --- |
//! | `file` | the configuration file, or null |
//! | `stdio`, `listen` | where the host would serve |
//! | `data` | the folder of stores, or null if they are kept in memory |
//! | `problem` | why the plugins cannot be served together, or null |
//! | `plugins` | in their order; of each: |
//! | `name`, `source`, `prefix`, `functions` | as configured |
//! | `problem` | why it cannot be served, or null |
//! | `instances` | `per` with what belongs to it |
//! | `grants` | `files`, `env`, `config`, `http`, `sockets`, `store`, `clock`, `random` |
//! | `not_granted` | what it imports without being granted, as in `wharf inspect` |
//! | `permissions` | what it asks for: `capability` in words, `reason`, `required`, `granted`; null if it does not ask |
//! | `limits` | by the keys of the configuration file, as they would be written there |
//! | `tools`, `prompts`, `resource_templates` | what clients would see; null if it has no such interface, or a `problem` |
//!
//! A value of `env` or `config` has a `name`, a `value`, which is null if it is secret,
//! and where it is from: null if it stands in the configuration.

use std::collections::BTreeMap;

use serde::Serialize;
use wharf_runtime::{Grants, Instances, Permission, Randomness, Value};

use super::{Finding, Findings, words};
use crate::config::{DataDir, Origin};
use crate::inspect::needs;

#[derive(Serialize)]
struct Json<'a> {
    file: Option<String>,
    stdio: bool,
    listen: Vec<String>,
    data: Option<String>,
    problem: Option<&'a str>,
    plugins: Vec<PluginJson<'a>>,
}

#[derive(Serialize)]
struct PluginJson<'a> {
    name: &'a str,
    source: String,
    prefix: Option<&'a str>,
    functions: bool,
    problem: Option<&'a str>,
    instances: InstancesJson,
    grants: GrantsJson<'a>,
    not_granted: Vec<&'static str>,
    permissions: Option<Vec<PermissionJson<'a>>>,
    limits: BTreeMap<&'static str, String>,
    tools: Option<Vec<String>>,
    prompts: Option<Vec<String>>,
    resource_templates: Option<Vec<String>>,
}

#[derive(Serialize)]
struct PermissionJson<'a> {
    capability: String,
    reason: &'a str,
    required: bool,
    granted: bool,
}

#[derive(Serialize)]
#[serde(tag = "per", rename_all = "lowercase")]
enum InstancesJson {
    Call,
    Session { max: usize, idle: String },
    Pool { max: usize, uses: u32 },
}

#[derive(Serialize)]
struct GrantsJson<'a> {
    files: Vec<FilesJson<'a>>,
    env: Vec<ValueJson<'a>>,
    config: Vec<ValueJson<'a>>,
    http: Option<HttpJson<'a>>,
    sockets: SocketsJson,
    store: Option<StoreJson>,
    clock: Option<String>,
    random: Option<u64>,
}

#[derive(Serialize)]
struct FilesJson<'a> {
    host: String,
    guest: &'a str,
    mode: &'static str,
}

#[derive(Serialize)]
struct ValueJson<'a> {
    name: &'a str,
    value: Option<&'a str>,
    from: Option<String>,
}

#[derive(Serialize)]
struct HttpJson<'a> {
    allow: Vec<String>,
    methods: &'a [String],
    addresses: Vec<String>,
    connections: usize,
    timeout: String,
    request_body: String,
    response_body: String,
}

#[derive(Serialize)]
struct SocketsJson {
    tcp: Vec<String>,
    udp: Vec<String>,
}

#[derive(Serialize)]
struct StoreJson {
    scope: &'static str,
    quota: String,
}

/// The findings as an indented JSON object with a line break at its end.
pub(super) fn render(findings: &Findings<'_>) -> serde_json::Result<String> {
    let config = findings.config;
    let json = Json {
        file: config.file.as_ref().map(|file| file.display().to_string()),
        stdio: config.stdio,
        listen: config.listen.iter().map(words::place).collect(),
        data: match &config.data {
            DataDir::Memory => None,
            DataDir::Folder(folder) => Some(folder.display().to_string()),
        },
        problem: findings.together.as_deref(),
        plugins: findings.plugins.iter().map(plugin).collect(),
    };
    Ok(serde_json::to_string_pretty(&json)? + "\n")
}

fn plugin<'a>(finding: &'a Finding<'_>) -> PluginJson<'a> {
    let options = &finding.config.options;
    let refused = finding.not_granted();
    PluginJson {
        name: &finding.name,
        source: finding.path.display().to_string(),
        prefix: finding.config.prefix.as_deref(),
        functions: options.functions,
        problem: finding.offer.as_ref().err().map(String::as_str),
        instances: match options.instances {
            Instances::Call => InstancesJson::Call,
            Instances::Session { max, idle } => InstancesJson::Session {
                max,
                idle: words::time(idle),
            },
            Instances::Pool { max, uses } => InstancesJson::Pool { max, uses },
        },
        grants: grants(&options.grants, finding),
        not_granted: refused.into_iter().map(needs::word).collect(),
        permissions: finding.permissions().map(|asked| {
            let permission = |asked: &'a Permission| PermissionJson {
                capability: asked.capability.to_string(),
                reason: &asked.reason,
                required: asked.required,
                granted: asked.is_granted_by(&options.grants),
            };
            asked.iter().map(permission).collect()
        }),
        limits: words::limits(&options.limits).into_iter().collect(),
        tools: finding.tools(),
        prompts: finding.prompts(),
        resource_templates: finding.resource_templates(),
    }
}

fn grants<'a>(grants: &'a Grants, finding: &'a Finding<'_>) -> GrantsJson<'a> {
    let files = grants.dirs.iter().map(|dir| FilesJson {
        host: dir.host.display().to_string(),
        guest: &dir.guest,
        mode: if dir.writable { "rw" } else { "ro" },
    });
    let http = grants.http.as_ref().map(|http| HttpJson {
        allow: http.allow.iter().map(ToString::to_string).collect(),
        methods: &http.methods,
        addresses: http.addresses.iter().map(ToString::to_string).collect(),
        connections: http.connections,
        timeout: words::time(http.timeout),
        request_body: words::size(http.request_body),
        response_body: words::size(http.response_body),
    });
    GrantsJson {
        files: files.collect(),
        env: values(&grants.env, &finding.config.origins.env),
        config: values(&grants.config, &finding.config.origins.config),
        http,
        sockets: SocketsJson {
            tcp: grants.sockets.tcp.iter().map(ToString::to_string).collect(),
            udp: grants.sockets.udp.iter().map(ToString::to_string).collect(),
        },
        store: grants.store.map(|store| StoreJson {
            scope: words::scope(store.scope),
            quota: words::size(store.quota),
        }),
        clock: words::clock(grants.clock),
        random: match grants.random {
            Randomness::Real => None,
            Randomness::Seeded(seed) => Some(seed),
        },
    }
}

fn values<'a>(values: &'a [(String, Value)], origins: &[Origin]) -> Vec<ValueJson<'a>> {
    let values = values.iter().zip(origins).map(|((name, value), origin)| {
        let text: &str = value.reveal();
        ValueJson {
            name,
            value: (!value.is_secret()).then_some(text),
            from: words::source(origin),
        }
    });
    values.collect()
}
