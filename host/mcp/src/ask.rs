//! Questions to the client's side, and what comes back.
//!
//! A question is the same thing in both eras: a method and its parameters. Legacy
//! clients get it as a request of its own, modern ones as an entry of
//! `inputRequests`; this module writes what the two have in common, and knows
//! which questions a client can be asked at all (DWN-11 to DWN-13).

mod form;
mod sampling;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::jsonrpc::{present, string};
use crate::model::{Answer, AskKinds, Json, Question, Root};
use crate::revision::{Dialect, Forms, Sampling};
use crate::write::Writer;

/// What kind of answer a question has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `ElicitResult`.
    Elicitation,
    /// `CreateMessageResult`.
    Sampling,
    /// `ListRootsResult`.
    Roots,
}

/// A question that was put: enough to read its answer by.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Asked {
    pub(crate) key: String,
    pub(crate) kind: Kind,
    /// What a filled in form has to look like.
    pub(crate) form: Option<Json>,
}

/// What this client can be asked (§10.2, S2C-1).
pub(crate) fn can_ask(capabilities: Option<&RawValue>, dialect: &Dialect) -> AskKinds {
    #[derive(Default, Deserialize)]
    struct Capabilities<'a> {
        #[serde(borrow, default, deserialize_with = "present")]
        elicitation: Option<&'a RawValue>,
        #[serde(borrow, default, deserialize_with = "present")]
        sampling: Option<&'a RawValue>,
        #[serde(borrow, default, deserialize_with = "present")]
        roots: Option<&'a RawValue>,
    }
    let declared: Capabilities<'_> = capabilities
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default();
    let mut can = AskKinds {
        roots: declared.roots.is_some_and(is_object),
        ..AskKinds::default()
    };
    if let Some(sampling) = declared.sampling.filter(|raw| is_object(raw)) {
        let blocks = dialect.sampling == Sampling::Blocks;
        can.sampling = true;
        can.sampling_tools = blocks && has(sampling, "tools");
        // Revisions without a word for it have it without a word.
        can.sampling_context = !blocks || has(sampling, "context");
    }
    if let Some(elicitation) = declared.elicitation.filter(|raw| is_object(raw)) {
        match dialect.forms {
            Forms::No => {}
            Forms::Plain => can.form = true,
            Forms::Rich => {
                can.url = has(elicitation, "url");
                // Trap 52: an empty object means forms only.
                can.form = has(elicitation, "form") || !can.url;
            }
        }
    }
    can
}

/// What is missing for putting a question to a client that can be asked `can`.
pub(crate) fn lacking(question: &Question, can: AskKinds, dialect: &Dialect) -> AskKinds {
    match question {
        Question::Form { schema, .. } if can.form => AskKinds {
            form: form::translated(schema, dialect).is_none(),
            ..AskKinds::default()
        },
        Question::Form { .. } => AskKinds {
            form: true,
            ..AskKinds::default()
        },
        Question::Url { .. } => AskKinds {
            url: !can.url,
            ..AskKinds::default()
        },
        Question::Roots => AskKinds {
            roots: !can.roots,
            ..AskKinds::default()
        },
        Question::Sampling(params) => sampling::lacking(params, can, dialect),
    }
}

/// Writes `method` and `params`. `task` is the task on whose behalf it is asked, in
/// revisions where that is said (TKD-7). `number` makes an identifier for a visit.
pub(crate) fn write(
    w: &mut Writer,
    question: &Question,
    dialect: &Dialect,
    task: Option<&str>,
    number: &str,
) {
    let (method, mode) = match question {
        Question::Form { .. } => ("elicitation/create", "form"),
        Question::Url { .. } => ("elicitation/create", "url"),
        Question::Sampling(_) => ("sampling/createMessage", ""),
        Question::Roots => ("roots/list", ""),
    };
    w.key("method").string(method);
    w.key("params").object(|w| {
        if !mode.is_empty() && dialect.forms == Forms::Rich {
            w.key("mode").string(mode);
        }
        match question {
            Question::Form { message, schema } => {
                w.key("message").string(message);
                let translated = form::translated(schema, dialect);
                let schema = translated.as_deref().unwrap_or(schema.as_str());
                w.key("requestedSchema").raw(schema);
            }
            Question::Url { message, url } => {
                w.key("message").string(message);
                w.key("url").string(url);
                if dialect.elicitation_id {
                    w.key("elicitationId").string(number);
                }
            }
            Question::Sampling(params) => sampling::write(w, params, dialect),
            Question::Roots => {}
        }
        if let Some(task) = task {
            w.key("_meta").object(|w| related_task(w, task));
        }
    });
}

/// The entry of `_meta` that says which task something belongs to.
pub(crate) fn related_task(w: &mut Writer, task: &str) {
    w.key("io.modelcontextprotocol/related-task")
        .object(|w| w.key("taskId").string(task));
}

impl Asked {
    pub(crate) fn new(key: &str, question: &Question) -> Self {
        let (kind, form) = match question {
            Question::Form { schema, .. } => (Kind::Elicitation, Some(schema.clone())),
            Question::Url { .. } => (Kind::Elicitation, None),
            Question::Sampling(_) => (Kind::Sampling, None),
            Question::Roots => (Kind::Roots, None),
        };
        Self {
            key: key.to_owned(),
            kind,
            form,
        }
    }
}

impl Kind {
    /// The kind an answer looks like, where nobody remembers the question.
    pub(crate) fn guess(raw: &RawValue) -> Option<Self> {
        let members = members(raw)?;
        if members.contains_key("action") {
            Some(Self::Elicitation)
        } else if members.contains_key("roots") {
            Some(Self::Roots)
        } else if members.contains_key("role") {
            Some(Self::Sampling)
        } else {
            None
        }
    }

    /// Reads an answer. The error says what is wrong with it.
    pub(crate) fn read(self, raw: &RawValue) -> Result<Answer, &'static str> {
        let members = members(raw).ok_or("it is not an object")?;
        match self {
            Self::Elicitation => {
                let action = members.get("action").and_then(|action| string(action));
                match action.as_deref() {
                    Some("accept") => match members.get("content") {
                        None => Ok(Answer::Accepted(Json::empty_object())),
                        Some(content) if is_object(content) => {
                            Ok(Answer::Accepted(Json::from_raw(content)))
                        }
                        Some(_) => Err("its `content` is not an object"),
                    },
                    Some("decline") => Ok(Answer::Declined),
                    Some("cancel") => Ok(Answer::Dismissed),
                    _ => Err("its `action` is none of accept, decline, cancel"),
                }
            }
            Self::Sampling if members.contains_key("content") => {
                Ok(Answer::Sampled(Json::from_raw(raw)))
            }
            Self::Sampling => Err("it has no `content`"),
            Self::Roots => {
                #[derive(Deserialize)]
                struct Entry {
                    uri: String,
                    #[serde(default)]
                    name: Option<String>,
                }
                let roots = members.get("roots").ok_or("it has no `roots`")?;
                let roots: Vec<Entry> = serde_json::from_str(roots.get())
                    .map_err(|_shape| "its `roots` are not a list of folders")?;
                let root = |Entry { uri, name }| Root { uri, name };
                Ok(Answer::Roots(roots.into_iter().map(root).collect()))
            }
        }
    }

    /// Reads what came back for a legacy request: a result, or an error, which is
    /// a refusal or a failure and nothing worse (S2C-3).
    pub(crate) fn read_reply(self, reply: Result<&RawValue, &RawValue>) -> Answer {
        #[derive(Deserialize)]
        struct Error {
            code: i64,
            message: String,
        }
        /// What clients say when their person does not want the model to answer.
        const REJECTED: i64 = -1;
        match reply {
            Ok(result) => self.read(result).unwrap_or_else(|problem| {
                Answer::Failed(format!("the client's answer is unusable: {problem}"))
            }),
            Err(error) => match serde_json::from_str::<Error>(error.get()) {
                Ok(Error { code: REJECTED, .. }) => Answer::Declined,
                Ok(Error { message, .. }) => Answer::Failed(message),
                Err(_shape) => Answer::Failed("the client failed".to_owned()),
            },
        }
    }
}

fn members(raw: &RawValue) -> Option<BTreeMap<String, &RawValue>> {
    serde_json::from_str(raw.get()).ok()
}

fn is_object(raw: &RawValue) -> bool {
    raw.get().starts_with('{')
}

/// Whether an object has a member that is an object.
fn has(raw: &RawValue, name: &str) -> bool {
    members(raw).is_some_and(|members| members.get(name).is_some_and(|raw| is_object(raw)))
}
