//! The revisions of the protocol, and what each can say, as data.
//!
//! A [`Dialect`] is a row of facts. Encoders and doors take one and never ask
//! which revision it belongs to; nobody compares revisions. Adding a revision is
//! adding a variant and a row here, and at most one door.

use crate::jsonrpc::ErrorCode;

/// A revision of the Model Context Protocol that wharf speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Revision {
    /// 2024-11-05.
    V2024_11_05,
    /// 2025-03-26.
    V2025_03_26,
    /// 2025-06-18.
    V2025_06_18,
    /// 2025-11-25, the last with a handshake.
    V2025_11_25,
    /// 2026-07-28, the first without one.
    V2026_07_28,
}

/// How a client opens: with a handshake, or with each request for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Era {
    /// `initialize` first; capabilities and log level belong to a session.
    Legacy,
    /// Every request says everything in its `_meta`.
    Modern,
}

/// Which structured results a client understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Structured {
    /// None: text only.
    No,
    /// JSON objects.
    Object,
    /// Any JSON value.
    Any,
}

/// Which forms a client can put to its person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forms {
    /// None.
    No,
    /// Texts, numbers, booleans and choices of one, without defaults but for
    /// booleans.
    Plain,
    /// All fields; visits to web pages are a mode of the same request.
    Rich,
}

/// What the messages for a client's model are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sampling {
    /// One text or picture each.
    Pictures,
    /// One text, picture or sound each.
    Sounds,
    /// Any number of blocks, uses of tools among them.
    Blocks,
}

/// In which form a revision has tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tasks {
    /// Not at all.
    No,
    /// A part of the protocol: the client asks for one, and for its result.
    Core,
    /// An extension: the server decides, and the result is a part of the task.
    Extension,
}

/// What a revision can say (docs/requirements.md, §26, §27, §32).
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a table of independent facts is what this is"
)]
pub struct Dialect {
    /// The revision these are the facts of.
    pub revision: Revision,
    /// How its clients open.
    pub era: Era,
    /// `audio` content.
    pub audio: bool,
    /// `resource_link` content.
    pub resource_link: bool,
    /// `annotations` on tools.
    pub tool_annotations: bool,
    /// `structuredContent` and `outputSchema`.
    pub structured: Structured,
    /// `title` and `_meta` on definitions and content, `lastModified`.
    pub titles_and_meta: bool,
    /// `icons`.
    pub icons: bool,
    /// Tasks; `execution.taskSupport` on tools where they are a part of the
    /// protocol.
    pub tasks: Tasks,
    /// Several messages in one (BAT-1).
    pub batches: bool,
    /// Forms in `elicitation/create`.
    pub forms: Forms,
    /// A visit to a web page has an identifier (ELI-3).
    pub elicitation_id: bool,
    /// Messages in `sampling/createMessage`.
    pub sampling: Sampling,
    /// A stream of events begins with an empty one, and may be let go of until the
    /// client comes back for the rest (SHL-26, SHL-27).
    pub polling: bool,
    /// `message` in progress notifications.
    pub progress_message: bool,
    /// The `completions` capability.
    pub completions_capability: bool,
    /// `resultType` in results.
    pub result_type: bool,
    /// `ttlMs` and `cacheScope` in results of lists and reads.
    pub cache_hints: bool,
    /// The server's name in the `_meta` of results.
    pub server_in_meta: bool,
    /// The code for a resource that does not exist.
    pub resource_not_found: ErrorCode,
    /// An error answer to something unreadable leaves `id` out instead of saying
    /// `null` (RPC-5).
    pub error_without_id: bool,
}

impl Revision {
    /// All of them, oldest first.
    pub const ALL: [Self; 5] = [
        Self::V2024_11_05,
        Self::V2025_03_26,
        Self::V2025_06_18,
        Self::V2025_11_25,
        Self::V2026_07_28,
    ];

    /// What is offered to a client that asks for a revision we do not know, or one
    /// that has no handshake (LIF-2, LIF-3).
    pub const LATEST_LEGACY: Self = Self::V2025_11_25;

    /// The newest.
    pub const LATEST: Self = Self::V2026_07_28;

    /// Its date, as the protocol writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2024_11_05 => "2024-11-05",
            Self::V2025_03_26 => "2025-03-26",
            Self::V2025_06_18 => "2025-06-18",
            Self::V2025_11_25 => "2025-11-25",
            Self::V2026_07_28 => "2026-07-28",
        }
    }

    /// The revision of that date, if it is one of ours.
    pub fn parse(date: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|revision| revision.as_str() == date)
    }

    /// What it can say.
    pub const fn dialect(self) -> &'static Dialect {
        match self {
            Self::V2024_11_05 => &V2024_11_05,
            Self::V2025_03_26 => &V2025_03_26,
            Self::V2025_06_18 => &V2025_06_18,
            Self::V2025_11_25 => &V2025_11_25,
            Self::V2026_07_28 => &V2026_07_28,
        }
    }

    /// Its place in a table with one entry for each revision.
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl Era {
    /// The era of a version string that may be none of ours: dates compare as
    /// text, and whatever is as new as our first modern revision is modern
    /// (ERA-3).
    pub fn of_version(version: &str) -> Self {
        if version >= Revision::V2026_07_28.as_str() {
            Self::Modern
        } else {
            Self::Legacy
        }
    }
}

static V2024_11_05: Dialect = Dialect {
    revision: Revision::V2024_11_05,
    era: Era::Legacy,
    audio: false,
    resource_link: false,
    tool_annotations: false,
    structured: Structured::No,
    titles_and_meta: false,
    icons: false,
    tasks: Tasks::No,
    batches: false,
    forms: Forms::No,
    elicitation_id: false,
    sampling: Sampling::Pictures,
    polling: false,
    progress_message: false,
    completions_capability: false,
    result_type: false,
    cache_hints: false,
    server_in_meta: false,
    resource_not_found: ErrorCode::RESOURCE_NOT_FOUND,
    error_without_id: false,
};

static V2025_03_26: Dialect = Dialect {
    revision: Revision::V2025_03_26,
    audio: true,
    tool_annotations: true,
    progress_message: true,
    completions_capability: true,
    batches: true,
    sampling: Sampling::Sounds,
    ..V2024_11_05
};

static V2025_06_18: Dialect = Dialect {
    revision: Revision::V2025_06_18,
    resource_link: true,
    structured: Structured::Object,
    titles_and_meta: true,
    batches: false,
    forms: Forms::Plain,
    ..V2025_03_26
};

static V2025_11_25: Dialect = Dialect {
    revision: Revision::V2025_11_25,
    icons: true,
    error_without_id: true,
    tasks: Tasks::Core,
    forms: Forms::Rich,
    elicitation_id: true,
    sampling: Sampling::Blocks,
    polling: true,
    ..V2025_06_18
};

static V2026_07_28: Dialect = Dialect {
    revision: Revision::V2026_07_28,
    era: Era::Modern,
    structured: Structured::Any,
    result_type: true,
    cache_hints: true,
    server_in_meta: true,
    resource_not_found: ErrorCode::INVALID_PARAMS,
    tasks: Tasks::Extension,
    elicitation_id: false,
    polling: false,
    ..V2025_11_25
};

#[cfg(test)]
mod tests {
    use super::{Era, Revision};

    #[test]
    fn dates_and_rows_belong_together() {
        for (place, revision) in Revision::ALL.into_iter().enumerate() {
            assert_eq!(Revision::parse(revision.as_str()), Some(revision));
            assert_eq!(revision.dialect().revision, revision);
            assert_eq!(revision.dialect().era, Era::of_version(revision.as_str()));
            assert_eq!(revision.index(), place);
        }
    }

    #[test]
    fn unknown_versions_have_an_era_all_the_same() {
        assert_eq!(Era::of_version("v999.0.0"), Era::Modern);
        assert_eq!(Era::of_version("2027-01-01"), Era::Modern);
        assert_eq!(Era::of_version("2025-01-01"), Era::Legacy);
        assert_eq!(Revision::parse("2025-01-01"), None);
    }
}
