//! The difference between two texts, as `diff -u` shows it.
//!
//! Lines are compared by Myers' greedy algorithm (1986): walk as far as the texts
//! agree, and where they do not, try one line less or one more, for longer and longer
//! detours, until the end is reached with as few as can be. Edits are small, so this is
//! fast. Where two texts have little in common the search is given up, and all lines
//! between the first and the last difference count as replaced.

use std::fmt::Write as _;
use std::ops::Range;

/// How many lines are shown around a change.
const CONTEXT: usize = 3;

/// After so many lines removed and added the search is given up. It takes memory for
/// the square of this: four megabytes.
const MOST_CHANGES: usize = 1_000;

/// Lines `old` of one text that were replaced by lines `new` of the other.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Change {
    old: Range<usize>,
    new: Range<usize>,
}

/// The difference. Empty if there is none.
pub(crate) fn unified(path: &str, before: &str, after: &str) -> String {
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let changes = changes(&old, &new);
    let mut text = String::new();
    if !changes.is_empty() {
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(text, "--- a{path}\n+++ b{path}");
    }
    for hunk in changes.chunk_by(|a, b| b.old.start - a.old.end <= 2 * CONTEXT) {
        write_hunk(&mut text, hunk, &old, &new);
    }
    text
}

/// All changes, in order.
fn changes(old: &[&str], new: &[&str]) -> Vec<Change> {
    let same = |(a, b): &(&&str, &&str)| a == b;
    let head = old.iter().zip(new).take_while(same).count();
    let (old, new) = (&old[head..], &new[head..]);
    let tail = old.iter().rev().zip(new.iter().rev());
    let tail = tail.take_while(same).count();
    let (old, new) = (&old[..old.len() - tail], &new[..new.len() - tail]);
    let whole = Change {
        old: 0..old.len(),
        new: 0..new.len(),
    };
    let inner = match shortest(old, new) {
        Some(steps) => joined(&steps),
        None => vec![whole],
    };
    inner.into_iter().map(|change| change.moved(head)).collect()
}

/// A line that is only in one of the texts, and where it would be in the other.
#[derive(Debug, Clone, Copy)]
enum Step {
    Removed { old: usize, new: usize },
    Added { old: usize, new: usize },
}

/// The shortest way from one text to the other, last step first. None if it is long.
fn shortest(old: &[&str], new: &[&str]) -> Option<Vec<Step>> {
    // On diagonal `k` lie the points with `k` more lines of the old text than of the
    // new behind them. A frontier holds how many lines of the old text lie behind the
    // point reached on each; the middle of it is diagonal 0.
    let mut frontiers: Vec<Vec<usize>> = Vec::new();
    let mut frontier = vec![0];
    loop {
        let changes = frontiers.len();
        for (index, x) in frontier.iter_mut().enumerate().step_by(2) {
            let y = y_of(*x, index, changes)?;
            let rest = old.get(*x..)?.iter().zip(new.get(y..).unwrap_or_default());
            *x += rest.take_while(|(a, b)| a == b).count();
            let y = y_of(*x, index, changes)?;
            if *x == old.len() && y == new.len() {
                return Some(way_back(&frontiers, *x, index));
            }
        }
        frontiers.push(frontier);
        if changes == MOST_CHANGES {
            return None;
        }
        frontier = next_frontier(frontiers.last()?, old.len(), new.len());
    }
}
