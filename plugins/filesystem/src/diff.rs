//! The difference between two texts, as `diff -u` shows it.
//!
//! Lines are compared by Myers' greedy algorithm (1986): walk as far as the texts
//! agree, and where they do not, leave out a line of one or the other, for more and
//! more lines left out, until the end is reached with as few as can be. Edits are
//! small, so this is fast. Where texts have little in common the search is given up,
//! and all lines between the first and the last difference count as replaced.

use std::fmt::Write as _;
use std::ops::Range;

/// How many lines are shown around a change.
const CONTEXT: usize = 3;

/// After so many lines left out the search is given up. It takes memory for half the
/// square of this: two megabytes.
const MOST: usize = 1_000;

/// Lines `old` of one text in whose place are lines `new` of the other.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Change {
    old: Range<usize>,
    new: Range<usize>,
}

/// The difference. Empty if there is none. A long one is cut, and says so.
pub(crate) fn unified(path: &str, before: &str, after: &str, max: usize) -> String {
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let changes = changes(&old, &new);
    let mut text = String::new();
    if !changes.is_empty() {
        text = format!("--- a{path}\n+++ b{path}\n");
    }
    for hunk in changes.chunk_by(|a, b| b.old.start - a.old.end <= 2 * CONTEXT) {
        write_hunk(&mut text, hunk, &old, &new);
        if text.len() > max {
            cut_at_line(&mut text, max);
            text.push_str("… the rest of the difference is not shown\n");
            break;
        }
    }
    text
}

/// All changes, in order.
fn changes(old: &[&str], new: &[&str]) -> Vec<Change> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[head..], &new[head..]);
    let backwards = old.iter().rev().zip(new.iter().rev());
    let tail = backwards.take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[..old.len() - tail], &new[..new.len() - tail]);
    let inner = shortest(old, new).unwrap_or_else(|| {
        vec![Change {
            old: 0..old.len(),
            new: 0..new.len(),
        }]
    });
    inner.into_iter().map(|change| change.moved(head)).collect()
}

/// The shortest way from one text to the other. None if it is long.
fn shortest(old: &[&str], new: &[&str]) -> Option<Vec<Change>> {
    // A layer holds the points that can be reached by leaving out as many lines as it
    // has layers before it: in place `j` the furthest one where `j` of those lines are
    // from the old text, given by its line in the old text.
    let mut layers: Vec<Vec<usize>> = Vec::new();
    while layers.len() <= MOST {
        let left_out = layers.len();
        let mut layer = Vec::with_capacity(left_out + 1);
        for j in 0..=left_out {
            let x = layers
                .last()
                .map_or(0, |before| match came_from(before, j) {
                    Came::Adding => before[j],
                    Came::Removing => before[j - 1] + 1,
                });
            let y = new_line(x, j, left_out);
            let rest = old.iter().skip(x).zip(new.iter().skip(y));
            let same = rest.take_while(|(a, b)| a == b).count();
            layer.push(x + same);
            if (x + same, y + same) == (old.len(), new.len()) {
                return Some(way(&layers, j));
            }
        }
        layers.push(layer);
    }
    None
}

/// The line in the new text, where `j` of the lines left out are from the old one.
fn new_line(x: usize, j: usize, left_out: usize) -> usize {
    x + left_out - 2 * j
}

/// How a point is reached from the layer before.
enum Came {
    /// By a line that is only in the new text, from the same place.
    Adding,
    /// By a line that is only in the old text, from the place before.
    Removing,
}

/// From where the point in place `j` of the next layer is reached furthest.
fn came_from(before: &[usize], j: usize) -> Came {
    let further = || before[j - 1] < before[j];
    if j == 0 || (j < before.len() && further()) {
        Came::Adding
    } else {
        Came::Removing
    }
}

/// The changes on the way to place `j` in the layer after these, in order.
fn way(layers: &[Vec<usize>], mut j: usize) -> Vec<Change> {
    let mut steps = Vec::new();
    for (left_out, layer) in layers.iter().enumerate().rev() {
        let came = came_from(layer, j);
        let (removed, added) = match came {
            Came::Adding => (0, 1),
            Came::Removing => (1, 0),
        };
        j -= removed;
        let x = layer[j];
        let y = new_line(x, j, left_out);
        steps.push(Change {
            old: x..x + removed,
            new: y..y + added,
        });
    }
    let mut changes: Vec<Change> = Vec::new();
    for step in steps.into_iter().rev() {
        match changes.last_mut() {
            Some(last) if last.old.end == step.old.start && last.new.end == step.new.start => {
                last.old.end = step.old.end;
                last.new.end = step.new.end;
            }
            Some(_) | None => changes.push(step),
        }
    }
    changes
}

impl Change {
    /// The same, so many lines further on.
    fn moved(self, by: usize) -> Self {
        let moved = |range: Range<usize>| range.start + by..range.end + by;
        Self {
            old: moved(self.old),
            new: moved(self.new),
        }
    }
}

/// Writes changes that are near to one another, with the lines around them.
fn write_hunk(text: &mut String, hunk: &[Change], old: &[&str], new: &[&str]) {
    let [first, ..] = hunk else { return };
    let start = first.old.start.saturating_sub(CONTEXT);
    let before = first.old.start - start;
    let last = hunk.last().unwrap_or(first);
    let end = old.len().min(last.old.end + CONTEXT);
    let after = end - last.old.end;
    let new_range = first.new.start - before..last.new.end + after;
    let (from, to) = (lines(start..end), lines(new_range));
    // Writing to a string cannot fail.
    let _ = writeln!(text, "@@ -{from} +{to} @@");
    let mut at = start;
    for change in hunk {
        write_lines(text, ' ', &old[at..change.old.start]);
        write_lines(text, '-', &old[change.old.clone()]);
        write_lines(text, '+', &new[change.new.clone()]);
        at = change.old.end;
    }
    write_lines(text, ' ', &old[at..end]);
}

/// The lines as the head of a hunk names them: the first, from 1, and how many.
fn lines(range: Range<usize>) -> String {
    match range.len() {
        0 => format!("{},0", range.start),
        1 => format!("{}", range.start + 1),
        count => format!("{},{count}", range.start + 1),
    }
}

fn write_lines(text: &mut String, mark: char, lines: &[&str]) {
    for line in lines {
        text.push(mark);
        text.push_str(line);
        if !line.ends_with('\n') {
            text.push_str("\n\\ No newline at end of file\n");
        }
    }
}

fn cut_at_line(text: &mut String, max: usize) {
    let newline = text.as_bytes()[..max].iter().rposition(|b| *b == b'\n');
    text.truncate(newline.map_or(0, |at| at + 1));
}

#[cfg(test)]
mod tests;
