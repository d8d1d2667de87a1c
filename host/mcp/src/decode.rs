//! From the wire to the canonical model.
//!
//! The parameters of all methods are read in one pass into one struct of
//! unparsed members ([`Params`]); each method then asks for the members it
//! knows. Unknown members are never an error (RPC-12).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::jsonrpc::{present, string};
use crate::model::{ClientInfo, CompletionTarget, Json};
use crate::operation::{Filter, Operation, TaskWish};
use crate::retry::Retry;
use crate::revision::{Dialect, Era, Tasks};
use crate::server::Capabilities;

/// The methods that become an [`Operation`], in either era.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    ListTools,
    CallTool,
    ListResources,
    ListTemplates,
    ReadResource,
    ListPrompts,
    GetPrompt,
    Complete,
    Listen,
    GetTask,
    AwaitTask,
    ListTasks,
    UpdateTask,
    CancelTask,
}

/// What is wrong with some parameters, for the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InvalidParams(pub(crate) String);

/// All parameters any method has, unparsed.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Params<'a> {
    #[serde(rename = "_meta", borrow, default, deserialize_with = "present")]
    pub(crate) meta: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(crate) name: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(crate) uri: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    arguments: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    cursor: Option<&'a RawValue>,
    #[serde(rename = "ref", borrow, default, deserialize_with = "present")]
    reference: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    argument: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    context: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(crate) level: Option<&'a RawValue>,
    #[serde(rename = "requestId", borrow, default, deserialize_with = "present")]
    pub(crate) request_id: Option<&'a RawValue>,
    #[serde(
        rename = "protocolVersion",
        borrow,
        default,
        deserialize_with = "present"
    )]
    pub(crate) protocol_version: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub(crate) capabilities: Option<&'a RawValue>,
    #[serde(rename = "clientInfo", borrow, default, deserialize_with = "present")]
    pub(crate) client_info: Option<&'a RawValue>,
    #[serde(
        rename = "inputResponses",
        borrow,
        default,
        deserialize_with = "present"
    )]
    input_responses: Option<&'a RawValue>,
    #[serde(rename = "requestState", borrow, default, deserialize_with = "present")]
    request_state: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    notifications: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    task: Option<&'a RawValue>,
    #[serde(rename = "taskId", borrow, default, deserialize_with = "present")]
    task_id: Option<&'a RawValue>,
}

/// The members of `_meta` that the host itself reads.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Meta<'a> {
    #[serde(
        rename = "progressToken",
        borrow,
        default,
        deserialize_with = "present"
    )]
    progress_token: Option<&'a RawValue>,
    #[serde(
        rename = "io.modelcontextprotocol/protocolVersion",
        borrow,
        default,
        deserialize_with = "present"
    )]
    pub(crate) version: Option<&'a RawValue>,
    #[serde(
        rename = "io.modelcontextprotocol/clientCapabilities",
        borrow,
        default,
        deserialize_with = "present"
    )]
    pub(crate) capabilities: Option<&'a RawValue>,
    #[serde(
        rename = "io.modelcontextprotocol/clientInfo",
        borrow,
        default,
        deserialize_with = "present"
    )]
    pub(crate) client_info: Option<&'a RawValue>,
    #[serde(
        rename = "io.modelcontextprotocol/logLevel",
        borrow,
        default,
        deserialize_with = "present"
    )]
    pub(crate) log_level: Option<&'a RawValue>,
}

impl Method {
    /// The method of that name, if this revision has it and there is something
    /// behind it (DSC-8, §10.3).
    pub(crate) fn find(name: &str, has: Capabilities, dialect: &Dialect) -> Option<Self> {
        let tasks = |forms: &[Tasks]| has.tasks && forms.contains(&dialect.tasks);
        let (method, there) = match name {
            "tools/list" => (Self::ListTools, has.tools),
            "tools/call" => (Self::CallTool, has.tools),
            "resources/list" => (Self::ListResources, has.resources),
            "resources/templates/list" => (Self::ListTemplates, has.resources),
            "resources/read" => (Self::ReadResource, has.resources),
            "prompts/list" => (Self::ListPrompts, has.prompts),
            "prompts/get" => (Self::GetPrompt, has.prompts),
            "completion/complete" => (Self::Complete, has.completions),
            "subscriptions/listen" => (Self::Listen, dialect.era == Era::Modern),
            "tasks/get" => (Self::GetTask, tasks(&[Tasks::Core, Tasks::Extension])),
            "tasks/cancel" => (Self::CancelTask, tasks(&[Tasks::Core, Tasks::Extension])),
            "tasks/result" => (Self::AwaitTask, tasks(&[Tasks::Core])),
            "tasks/list" => (Self::ListTasks, tasks(&[Tasks::Core])),
            "tasks/update" => (Self::UpdateTask, tasks(&[Tasks::Extension])),
            _ => return None,
        };
        there.then_some(method)
    }

    /// The parameter that `Mcp-Name` mirrors over HTTP.
    pub(crate) fn named_by<'a>(self, params: &Params<'a>) -> Option<&'a RawValue> {
        match self {
            Self::CallTool | Self::GetPrompt => params.name,
            Self::ReadResource => params.uri,
            Self::GetTask | Self::UpdateTask | Self::CancelTask => params.task_id,
            Self::ListTools
            | Self::ListResources
            | Self::ListTemplates
            | Self::ListPrompts
            | Self::Complete
            | Self::Listen
            | Self::AwaitTask
            | Self::ListTasks => None,
        }
    }

    /// Reads the method's parameters.
    pub(crate) fn operation(self, params: &Params<'_>) -> Result<Operation, InvalidParams> {
        Ok(match self {
            Self::ListTools => Operation::ListTools {
                cursor: params.cursor()?,
            },
            Self::ListResources => Operation::ListResources {
                cursor: params.cursor()?,
            },
            Self::ListTemplates => Operation::ListTemplates {
                cursor: params.cursor()?,
            },
            Self::ListPrompts => Operation::ListPrompts {
                cursor: params.cursor()?,
            },
            Self::CallTool => Operation::CallTool {
                name: required("name", params.name)?,
                arguments: object_or_empty("arguments", params.arguments)?,
            },
            Self::ReadResource => Operation::ReadResource {
                uri: required("uri", params.uri)?,
            },
            Self::GetPrompt => Operation::GetPrompt {
                name: required("name", params.name)?,
                arguments: strings("arguments", params.arguments)?,
            },
            Self::Complete => completion(params)?,
            Self::Listen => Operation::Listen(filter(params)?),
            Self::GetTask => Operation::GetTask {
                id: required("taskId", params.task_id)?,
            },
            Self::AwaitTask => Operation::AwaitTask {
                id: required("taskId", params.task_id)?,
            },
            Self::ListTasks => Operation::ListTasks {
                cursor: params.cursor()?,
            },
            Self::UpdateTask => Operation::UpdateTask {
                id: required("taskId", params.task_id)?,
                answers: answers(
                    params
                        .input_responses
                        .ok_or_else(|| missing("inputResponses"))?,
                )?,
            },
            Self::CancelTask => Operation::CancelTask {
                id: required("taskId", params.task_id)?,
            },
        })
    }
}

impl<'a> Params<'a> {
    /// Finds the members.
    pub(crate) fn read(params: Option<&'a RawValue>) -> Result<Self, InvalidParams> {
        let Some(params) = params else {
            return Ok(Self::default());
        };
        serde_json::from_str(params.get())
            .map_err(|error| InvalidParams(format!("the parameters are not usable: {error}")))
    }

    /// Reads `_meta`.
    pub(crate) fn read_meta(&self) -> Result<Meta<'a>, InvalidParams> {
        let Some(meta) = self.meta else {
            return Ok(Meta::default());
        };
        if !meta.get().starts_with('{') {
            return Err(InvalidParams("`_meta` must be an object".to_owned()));
        }
        serde_json::from_str(meta.get())
            .map_err(|error| InvalidParams(format!("`_meta` is not usable: {error}")))
    }

    /// What a client brings back with a request it makes again (MRT-4).
    pub(crate) fn retry(&self) -> Result<Option<Retry>, InvalidParams> {
        if self.input_responses.is_none() && self.request_state.is_none() {
            return Ok(None);
        }
        Ok(Some(Retry {
            answers: self
                .input_responses
                .map(answers)
                .transpose()?
                .unwrap_or_default(),
            state: self
                .request_state
                .map(|raw| text("requestState", raw))
                .transpose()?,
        }))
    }

    /// The wish for a task, where clients say so themselves (TKD-2).
    pub(crate) fn task_wish(&self) -> Result<TaskWish, InvalidParams> {
        #[derive(Deserialize)]
        struct Wish {
            #[serde(default)]
            ttl: Option<u64>,
        }
        if self.task.is_none() {
            return Ok(TaskWish::NotAsked);
        }
        let Wish { ttl } = shape("task", self.task)?;
        Ok(TaskWish::Asked(ttl.map(Duration::from_millis)))
    }

    fn cursor(&self) -> Result<Option<String>, InvalidParams> {
        self.cursor.map(|raw| text("cursor", raw)).transpose()
    }
}

impl Meta<'_> {
    /// The token as the client wrote it (PRG-6). What is neither a string nor an
    /// integer cannot be echoed and counts as none.
    pub(crate) fn progress_token(&self) -> Option<Arc<str>> {
        let token = self.progress_token?.get();
        let usable = token.starts_with('"') || token.parse::<i64>().is_ok();
        usable.then(|| token.into())
    }
}

/// Reads an `Implementation`, leniently: it is for display only.
pub(crate) fn client_info(raw: &RawValue) -> Option<Arc<ClientInfo>> {
    #[derive(Deserialize)]
    struct Implementation {
        name: String,
        #[serde(default)]
        version: String,
    }
    let Implementation { name, version } = serde_json::from_str(raw.get()).ok()?;
    Some(Arc::new(ClientInfo { name, version }))
}

/// Reads the extensions out of a client's capabilities, by identifier.
pub(crate) fn extensions(capabilities: &RawValue) -> Arc<BTreeMap<String, Json>> {
    #[derive(Deserialize)]
    struct Capabilities<'a> {
        #[serde(borrow, default)]
        extensions: BTreeMap<String, &'a RawValue>,
    }
    let found = serde_json::from_str::<Capabilities<'_>>(capabilities.get())
        .map(|capabilities| capabilities.extensions)
        .unwrap_or_default();
    Arc::new(
        found
            .into_iter()
            .map(|(id, settings)| (id, Json::from_raw(settings)))
            .collect(),
    )
}

/// SUB-1.
fn filter(params: &Params<'_>) -> Result<Filter, InvalidParams> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Wanted {
        #[serde(default)]
        tools_list_changed: bool,
        #[serde(default)]
        prompts_list_changed: bool,
        #[serde(default)]
        resources_list_changed: bool,
        #[serde(default)]
        resource_subscriptions: Vec<String>,
        #[serde(default)]
        task_ids: Vec<String>,
    }
    let wanted: Wanted = shape("notifications", params.notifications)?;
    Ok(Filter {
        tools: wanted.tools_list_changed,
        prompts: wanted.prompts_list_changed,
        resources: wanted.resources_list_changed,
        uris: wanted.resource_subscriptions,
        tasks: wanted.task_ids,
    })
}

/// `inputResponses`. That each of them is an object is checked where it is known
/// what was asked.
fn answers(raw: &RawValue) -> Result<Vec<(String, Json)>, InvalidParams> {
    let map: BTreeMap<String, &RawValue> = serde_json::from_str(raw.get())
        .map_err(|_shape| InvalidParams("`inputResponses` must be an object".to_owned()))?;
    let answers = map.into_iter();
    Ok(answers
        .map(|(key, raw)| (key, Json::from_raw(raw)))
        .collect())
}

fn completion(params: &Params<'_>) -> Result<Operation, InvalidParams> {
    #[derive(Deserialize)]
    struct Reference<'a> {
        #[serde(rename = "type", borrow)]
        kind: Cow<'a, str>,
        name: Option<String>,
        uri: Option<String>,
    }
    #[derive(Deserialize)]
    struct Argument {
        name: String,
        value: String,
    }
    #[derive(Deserialize, Default)]
    struct Context<'a> {
        #[serde(borrow, default)]
        arguments: Option<&'a RawValue>,
    }
    let reference: Reference<'_> = shape("ref", params.reference)?;
    let argument: Argument = shape("argument", params.argument)?;
    let context: Context<'_> = match params.context {
        Some(context) => shape("context", Some(context))?,
        None => Context::default(),
    };
    let target = match (&*reference.kind, reference.name, reference.uri) {
        ("ref/prompt", Some(name), _) => CompletionTarget::Prompt(name),
        ("ref/resource", _, Some(uri)) => CompletionTarget::ResourceTemplate(uri),
        _ => {
            return Err(InvalidParams(
                "`ref` must be a `ref/prompt` with `name` or a `ref/resource` with `uri`"
                    .to_owned(),
            ));
        }
    };
    Ok(Operation::Complete {
        target,
        argument: argument.name,
        value: argument.value,
        context: strings("context.arguments", context.arguments)?,
    })
}

fn shape<'a, T: Deserialize<'a>>(
    name: &str,
    value: Option<&'a RawValue>,
) -> Result<T, InvalidParams> {
    let value = value.ok_or_else(|| missing(name))?;
    // Serde would take an array for a struct, member by member.
    if !value.get().starts_with('{') {
        return Err(InvalidParams(format!("`{name}` must be an object")));
    }
    serde_json::from_str(value.get()).map_err(|error| InvalidParams(format!("`{name}`: {error}")))
}

fn missing(name: &str) -> InvalidParams {
    InvalidParams(format!("`{name}` is missing"))
}

fn required(name: &str, value: Option<&RawValue>) -> Result<String, InvalidParams> {
    text(name, value.ok_or_else(|| missing(name))?)
}

fn text(name: &str, value: &RawValue) -> Result<String, InvalidParams> {
    string(value)
        .map(Cow::into_owned)
        .ok_or_else(|| InvalidParams(format!("`{name}` must be a string")))
}

/// TOL-9: absent is `{}`, `null` is not.
fn object_or_empty(name: &str, value: Option<&RawValue>) -> Result<Json, InvalidParams> {
    match value {
        None => Ok(Json::empty_object()),
        Some(raw) if raw.get().starts_with('{') => Ok(Json::from_raw(raw)),
        Some(_) => Err(InvalidParams(format!("`{name}` must be an object"))),
    }
}

/// A map of strings to strings (PRM-3).
fn strings(name: &str, value: Option<&RawValue>) -> Result<Vec<(String, String)>, InvalidParams> {
    let Some(value) = value else {
        return Ok(Vec::new());
    };
    let map: BTreeMap<String, &RawValue> = serde_json::from_str(value.get())
        .map_err(|_shape| InvalidParams(format!("`{name}` must be an object")))?;
    map.into_iter()
        .map(|(key, value)| {
            let value = string(value)
                .ok_or_else(|| InvalidParams(format!("`{name}.{key}` must be a string")))?;
            Ok((key, value.into_owned()))
        })
        .collect()
}
