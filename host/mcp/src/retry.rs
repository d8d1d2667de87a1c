//! Requests that come again with answers (MRT-4 to MRT-7).
//!
//! What a plugin asks and wants to remember goes to a modern client in an
//! `input_required` result, and comes back in the next request. This is both
//! directions of that; `seal` keeps what is between them from being changed.

use crate::ask::{Asked, Kind};
use crate::exchange::Refusal;
use crate::legacy::Response;
use crate::model::{Answer, CallContext, InputRequired, Json, Principal, Question};
use crate::operation::Operation;
use crate::seal::{Memory, NONCE, Purpose, Seconds, StateKeys};

/// For how long a client may think about a question. People come back from lunch.
const EXPIRES_AFTER: Seconds = 4 * 60 * 60;

/// What a request brings from the round before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    pub(crate) answers: Vec<(String, Json)>,
    pub(crate) state: Option<String>,
}

/// What sealing needs of the world.
#[derive(Debug, Clone, Copy)]
pub struct Sealing<'a> {
    /// The keys.
    pub keys: &'a StateKeys,
    /// Now, in seconds since 1970.
    pub now: Seconds,
    /// Random bytes, new every time.
    pub nonce: [u8; NONCE],
}

/// Answers by key, and those of them that are filled in forms.
pub type Answers = (Vec<(String, Answer)>, Vec<FilledIn>);

/// A filled in form, and what it has to look like.
#[derive(Debug, Clone, PartialEq)]
pub struct FilledIn {
    /// The question's key.
    pub key: String,
    /// The form's JSON Schema.
    pub form: Json,
    /// What the person filled in.
    pub content: Json,
}

impl Operation {
    /// What the state of this call is bound to.
    fn purpose(&self, principal: &Principal) -> Purpose {
        let subject = principal.subject.as_deref();
        match self {
            Self::CallTool { name, arguments } => {
                Purpose::new(subject, "tools/call", &[name, arguments.as_str()])
            }
            Self::ReadResource { uri } => Purpose::new(subject, "resources/read", &[uri]),
            Self::GetPrompt { name, arguments } => {
                let arguments = arguments.iter().flat_map(|(key, value)| [key, value]);
                let params: Vec<&str> = std::iter::once(name)
                    .chain(arguments)
                    .map(String::as_str)
                    .collect();
                Purpose::new(subject, "prompts/get", &params)
            }
            // These ask nothing.
            Self::ListTools { .. }
            | Self::ListResources { .. }
            | Self::ListTemplates { .. }
            | Self::ListPrompts { .. }
            | Self::Complete { .. }
            | Self::Listen(_)
            | Self::GetTask { .. }
            | Self::AwaitTask { .. }
            | Self::ListTasks { .. }
            | Self::UpdateTask { .. }
            | Self::CancelTask { .. } => Purpose::new(subject, "", &[&self.to_string()]),
        }
    }

    /// Whether it may ask its client something (MRT-1).
    pub(crate) fn may_ask(&self) -> bool {
        matches!(
            self,
            Self::CallTool { .. } | Self::ReadResource { .. } | Self::GetPrompt { .. }
        )
    }
}

impl Retry {
    /// Opens what was sealed and reads the answers, into `context`. What comes back
    /// are the forms, for whoever can check them.
    ///
    /// # Errors
    /// State that was not given to this client for this call, or long ago; answers
    /// that are none.
    pub fn open(
        &self,
        operation: &Operation,
        context: &mut CallContext,
        keys: &StateKeys,
        now: Seconds,
    ) -> Result<Vec<FilledIn>, Refusal> {
        let memory = match &self.state {
            None => None,
            Some(sealed) => {
                let purpose = operation.purpose(&context.principal);
                let opened = keys.open(sealed, purpose, now).map_err(|_why| {
                    let problem = "`requestState` is not one for this request, or too old: \
                                   make the request again without it";
                    Refusal::InvalidParams(problem.to_owned())
                })?;
                Some(opened)
            }
        };
        let asked = memory.as_ref().map(|memory| &*memory.asked);
        let (answers, forms) = read_answers(&self.answers, asked)?;
        context.answers = answers.into_iter().collect();
        if let Some(memory) = memory {
            context.state = memory.state;
            context.deferred = memory.deferred;
        }
        Ok(forms)
    }
}

/// Reads answers by what was asked; nobody asked for the others (trap 19). Where
/// it is not known what was asked, an answer is what it looks like.
pub(crate) fn read_answers(
    answers: &[(String, Json)],
    asked: Option<&[Asked]>,
) -> Result<Answers, Refusal> {
    let mut read = Vec::new();
    let mut forms = Vec::new();
    for (key, raw) in answers {
        let question = asked.map(|asked| asked.iter().find(|asked| asked.key == *key));
        let (kind, form) = match question {
            Some(None) => continue,
            Some(Some(question)) => (Some(question.kind), question.form.as_ref()),
            None => (Kind::guess(raw.raw()), None),
        };
        let answer = kind
            .ok_or("it is no answer to anything")
            .and_then(|kind| kind.read(raw.raw()))
            .map_err(|problem| {
                Refusal::InvalidParams(format!("`inputResponses.{key}`: {problem}"))
            })?;
        if let (Some(form), Answer::Accepted(content)) = (form, &answer) {
            forms.push(FilledIn {
                key: key.clone(),
                form: form.clone(),
                content: content.clone(),
            });
        }
        read.push((key.clone(), answer));
    }
    Ok((read, forms))
}

/// Reads the answers to a task's questions (TKE-6). Answers to anything else are
/// left out.
///
/// # Errors
/// An answer that is none.
pub fn read_task_answers(
    questions: &[(String, Question)],
    answers: &[(String, Json)],
) -> Result<Answers, Refusal> {
    let asked = questions.iter();
    let asked: Vec<Asked> = asked
        .map(|(key, question)| Asked::new(key, question))
        .collect();
    read_answers(answers, Some(&asked))
}

/// Reads what a client answered to a question that was put to it as a request.
pub fn read_reply(key: &str, question: &Question, reply: &Response) -> (Answer, Option<FilledIn>) {
    let asked = Asked::new(key, question);
    let answer = asked.kind.read_reply(match &reply.outcome {
        Ok(result) => Ok(result.raw()),
        Err(error) => Err(error.raw()),
    });
    let form = match (&asked.form, &answer) {
        (Some(form), Answer::Accepted(content)) => Some(FilledIn {
            key: asked.key,
            form: form.clone(),
            content: content.clone(),
        }),
        _ => None,
    };
    (answer, form)
}

/// Seals what is to be remembered until the client makes its request again.
pub(crate) fn seal(
    input: &InputRequired,
    operation: &Operation,
    context: &CallContext,
    sealing: Sealing<'_>,
) -> String {
    let questions = input.questions.iter();
    let memory = Memory {
        asked: questions
            .map(|(key, question)| Asked::new(key, question))
            .collect(),
        state: input.state.clone(),
        deferred: context.deferred,
    };
    let purpose = operation.purpose(&context.principal);
    let expires = sealing.now.saturating_add(EXPIRES_AFTER);
    let Sealing { keys, nonce, .. } = sealing;
    keys.seal(&memory, purpose, expires, nonce)
}
