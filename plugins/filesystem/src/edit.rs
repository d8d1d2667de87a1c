//! Exact replacements in a text.
//!
//! Each edit names a passage that occurs exactly once; what occurs twice or not at
//! all is refused, with the lines where it does, because a model that guesses wrong
//! should be told rather than obeyed. Edits are made one after another, each in the
//! text that the one before left. If one is refused, none is made.
//!
//! The only liberty taken is with line ends: models write `\n`, and in a file whose
//! lines all end with `\r\n` that is what is meant.

/// One replacement.
#[derive(Debug, Clone)]
pub(crate) struct Edit {
    /// The passage that is there.
    pub(crate) old: String,
    /// What is to be there instead.
    pub(crate) new: String,
}

/// The text after all edits, or why one of them cannot be made.
pub(crate) fn edited(text: &str, edits: &[Edit]) -> Result<String, String> {
    let crlf = ends_lines_with_crlf(text);
    let mut text = text.to_owned();
    for (index, edit) in edits.iter().enumerate() {
        let old = with_line_ends(&edit.old, crlf);
        let new = with_line_ends(&edit.new, crlf);
        text = replaced(&text, &old, &new)
            .map_err(|why| format!("edit {} of {}: {why}", index + 1, edits.len()))?;
    }
    Ok(text)
}

/// The text with `new` instead of the only `old` in it.
fn replaced(text: &str, old: &str, new: &str) -> Result<String, String> {
    if old.is_empty() {
        return Err("`oldText` is empty: give the passage to replace, or use `write_file`".into());
    }
    let mut found = text.match_indices(old).map(|(at, _)| at);
    let Some(at) = found.next() else {
        return Err(not_found(text, old));
    };
    let others = found.count();
    if others > 0 {
        return Err(ambiguous(text, old, others + 1));
    }
    Ok([&text[..at], new, &text[at + old.len()..]].concat())
}

fn ambiguous(text: &str, old: &str, times: usize) -> String {
    const SHOWN: usize = 5;
    let lines: Vec<String> = text
        .match_indices(old)
        .take(SHOWN)
        .map(|(at, _)| line_of(text, at).to_string())
        .collect();
    let more = if times > SHOWN { ", …" } else { "" };
    let lines = lines.join(", ");
    format!(
        "`oldText` occurs {times} times (lines {lines}{more}), but must occur once: give more of the text around it"
    )
}

fn not_found(text: &str, old: &str) -> String {
    match nearly(text, old) {
        Some(line) => format!(
            "`oldText` does not occur, but line {line} differs from it in blanks only: copy the passage exactly, with its indentation"
        ),
        None => "`oldText` does not occur: read the file again and copy the passage exactly".into(),
    }
}

/// The line where the passage starts, if the blanks around its lines are ignored.
fn nearly(text: &str, old: &str) -> Option<usize> {
    let wanted: Vec<&str> = old.trim().lines().map(str::trim).collect();
    if wanted.is_empty() {
        return None;
    }
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let start = lines
        .windows(wanted.len())
        .position(|lines| lines == wanted)?;
    Some(start + 1)
}

/// The number of the line that this byte is in.
fn line_of(text: &str, at: usize) -> usize {
    1 + text[..at].matches('\n').count()
}

/// Whether there are line ends and all of them are `\r\n`.
fn ends_lines_with_crlf(text: &str) -> bool {
    let crlf = text.matches("\r\n").count();
    crlf > 0 && crlf == text.matches('\n').count()
}

fn with_line_ends(text: &str, crlf: bool) -> String {
    if crlf {
        text.replace("\r\n", "\n").replace('\n', "\r\n")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests;
