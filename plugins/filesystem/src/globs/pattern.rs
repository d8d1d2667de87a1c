//! Reading patterns and matching with them.
//!
//! A pattern is first multiplied out, so that `*.{py,rs}` becomes two, and each of
//! these is a list of segments, which are lists of tokens. Matching is the same on
//! both levels: `**` stands for any number of segments as `*` stands for any number
//! of characters. Characters are Unicode's, so `?` is one `ü`.

use std::fmt;

/// How many patterns one may stand for.
const ALTERNATIVES: usize = 100;

/// How long a pattern may be, in characters. Nested braces are read recursively.
const LENGTH: usize = 1_000;

/// A pattern, ready to match.
#[derive(Debug, Clone)]
pub(super) struct Pattern(Vec<Vec<Segment>>);

/// What is wrong with a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Problem {
    /// A `[` without its `]`.
    OpenClass,
    /// A `{` without its `}`.
    OpenBrace,
    /// A `\` at the end.
    LastBackslash,
    /// It is too long.
    TooLong,
    /// The braces make too many patterns of it.
    TooMany,
}

#[derive(Debug, Clone)]
enum Segment {
    /// `**`: any number of names.
    AnyNumber,
    Name(Vec<Token>),
}

#[derive(Debug, Clone)]
enum Token {
    /// `*`: any number of characters.
    AnyNumber,
    /// `?`: one character.
    Any,
    Char(char),
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl Pattern {
    /// Reads a pattern.
    pub(super) fn new(pattern: &str) -> Result<Self, Problem> {
        let chars: Vec<char> = pattern.chars().collect();
        if chars.len() > LENGTH {
            return Err(Problem::TooLong);
        }
        let mut alternatives = Vec::new();
        multiply_out(chars, &mut alternatives)?;
        let segments = alternatives.iter().map(|chars| segments(chars));
        segments.collect::<Result<_, _>>().map(Self)
    }

    /// Whether the whole path matches.
    pub(super) fn matches(&self, path: &str) -> bool {
        let split = path.split('/').map(|name| name.chars().collect());
        let names: Vec<Vec<char>> = split.collect();
        let any_number = |segment: &Segment| matches!(segment, Segment::AnyNumber);
        let mut alternatives = self.0.iter();
        let one = |segment: &Segment, name: &Vec<char>| segment.matches(name);
        alternatives.any(|segments| wild(segments, &names, any_number, one))
    }
}

impl Segment {
    /// A segment that is not `**`.
    fn matches(&self, name: &[char]) -> bool {
        let any_number = |token: &Token| matches!(token, Token::AnyNumber);
        match self {
            Self::Name(tokens) => wild(tokens, name, any_number, |token, c| token.matches(*c)),
            Self::AnyNumber => false,
        }
    }
}

impl Token {
    /// A token that is not `*`.
    fn matches(&self, c: char) -> bool {
        match self {
            Self::Any => true,
            Self::Char(own) => *own == c,
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
            Self::AnyNumber => false,
        }
    }
}

/// Whether `parts` match all of `text`, where some parts stand for any number.
///
/// When it gets stuck, the last of these takes one more. Those before it need not
/// be tried again: what they could reach, the last one reaches too.
fn wild<P, T>(
    parts: &[P],
    text: &[T],
    any_number: impl Fn(&P) -> bool,
    one: impl Fn(&P, &T) -> bool,
) -> bool {
    let (mut part, mut at) = (0, 0);
    let mut last = None;
    while at < text.len() {
        match parts.get(part) {
            Some(here) if any_number(here) => {
                part += 1;
                last = Some((part, at));
            }
            Some(here) if one(here, &text[at]) => {
                part += 1;
                at += 1;
            }
            Some(_) | None => {
                let Some((after, from)) = last else {
                    return false;
                };
                part = after;
                at = from + 1;
                last = Some((after, at));
            }
        }
    }
    parts[part..].iter().all(any_number)
}

/// Adds all patterns without braces that this one stands for.
fn multiply_out(pattern: Vec<char>, all: &mut Vec<Vec<char>>) -> Result<(), Problem> {
    let Some(open) = next(&pattern, 0, &['{'])? else {
        if all.len() == ALTERNATIVES {
            return Err(Problem::TooMany);
        }
        all.push(pattern);
        return Ok(());
    };
    let mut start = open + 1;
    loop {
        let end = end_of_choice(&pattern, start)?;
        let parts = [&pattern[..open], &pattern[start..end]];
        let close = close_of(&pattern, end)?;
        multiply_out([&parts.concat(), &pattern[close + 1..]].concat(), all)?;
        if end == close {
            return Ok(());
        }
        start = end + 1;
    }
}

/// Where the `}` is that closes the brace in which this lies.
fn close_of(pattern: &[char], mut at: usize) -> Result<usize, Problem> {
    loop {
        at = end_of_choice(pattern, at)?;
        if pattern[at] == '}' {
            return Ok(at);
        }
        at += 1;
    }
}

/// Where the `,` or `}` is that ends the choice which starts here.
fn end_of_choice(pattern: &[char], mut at: usize) -> Result<usize, Problem> {
    loop {
        at = next(pattern, at, &['{', ',', '}'])?.ok_or(Problem::OpenBrace)?;
        if pattern[at] != '{' {
            return Ok(at);
        }
        at = close_of(pattern, at + 1)? + 1;
    }
}

/// Where the next of these characters is that is neither escaped nor in a class.
fn next(pattern: &[char], mut at: usize, wanted: &[char]) -> Result<Option<usize>, Problem> {
    while let Some(c) = pattern.get(at) {
        match c {
            c if wanted.contains(c) => return Ok(Some(at)),
            '\\' => at += 2,
            '[' => at = end_of_class(pattern, at)? + 1,
            _ => at += 1,
        }
    }
    Ok(None)
}

/// Where the `]` is that belongs to this `[`. One that comes first is a member.
fn end_of_class(pattern: &[char], open: usize) -> Result<usize, Problem> {
    let negated = matches!(pattern.get(open + 1), Some('!' | '^'));
    let mut at = open + 1 + usize::from(negated);
    at += usize::from(pattern.get(at) == Some(&']'));
    while let Some(c) = pattern.get(at) {
        match c {
            ']' => return Ok(at),
            '\\' => at += 2,
            _ => at += 1,
        }
    }
    Err(Problem::OpenClass)
}

/// Reads a pattern without braces.
fn segments(pattern: &[char]) -> Result<Vec<Segment>, Problem> {
    let mut segments = Vec::new();
    let mut start = 0;
    while start <= pattern.len() {
        let end = next(pattern, start, &['/'])?.unwrap_or(pattern.len());
        segments.push(segment(&pattern[start..end])?);
        start = end + 1;
    }
    // What is in a folder does not include the folder.
    if let [.., Segment::Name(_), Segment::AnyNumber] = segments.as_slice() {
        let one = Segment::Name(vec![Token::AnyNumber]);
        segments.insert(segments.len() - 1, one);
    }
    Ok(segments)
}

fn segment(pattern: &[char]) -> Result<Segment, Problem> {
    if pattern == ['*', '*'] {
        return Ok(Segment::AnyNumber);
    }
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = pattern.get(at) {
        let token = match c {
            '*' => Token::AnyNumber,
            '?' => Token::Any,
            '[' => {
                let end = end_of_class(pattern, at)?;
                let class = class(&pattern[at + 1..end]);
                at = end;
                class
            }
            '\\' => {
                at += 1;
                Token::Char(*pattern.get(at).ok_or(Problem::LastBackslash)?)
            }
            c => Token::Char(*c),
        };
        tokens.push(token);
        at += 1;
    }
    Ok(Segment::Name(tokens))
}

/// Reads what is between `[` and `]`.
fn class(inside: &[char]) -> Token {
    let negated = matches!(inside.first(), Some('!' | '^'));
    let mut members = &inside[usize::from(negated)..];
    let mut ranges = Vec::new();
    loop {
        members = match members {
            [] => return Token::Class { negated, ranges },
            ['\\', c, rest @ ..] => {
                ranges.push((*c, *c));
                rest
            }
            [low, '-', high, rest @ ..] => {
                ranges.push((*low, *high));
                rest
            }
            [c, rest @ ..] => {
                ranges.push((*c, *c));
                rest
            }
        };
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OpenClass => f.write_str("`[` has no `]`; write `\\[` for the character itself"),
            Self::OpenBrace => f.write_str("`{` has no `}`; write `\\{` for the character itself"),
            Self::LastBackslash => {
                f.write_str("`\\` has nothing after it; write `\\\\` for the character itself")
            }
            Self::TooLong => write!(f, "it is longer than {LENGTH} characters"),
            Self::TooMany => write!(f, "its braces stand for more than {ALTERNATIVES} patterns"),
        }
    }
}
