//! What was probably meant: the nearest of the words that would have been right.

/// How many letters may be wrong. More, and the guess is as wrong as the word.
const WRONG: usize = 2;

/// The word that differs least from `written`, if it differs little.
pub(super) fn nearest<'a>(written: &str, words: &[&'a str]) -> Option<&'a str> {
    let distances = words.iter().map(|word| (distance(written, word), *word));
    let (distance, word) = distances.min_by_key(|(distance, _)| *distance)?;
    let shorter = written.chars().count().min(word.len());
    (distance <= WRONG && distance < shorter).then_some(word)
}

/// How many letters have to be put in, left out or exchanged to make one word of the
/// other. Case is not looked at, and `_` is `-`, since both are what people mix up.
fn distance(one: &str, other: &str) -> usize {
    let letters = |word: &str| -> Vec<char> {
        let lower = word.chars().map(|c| c.to_ascii_lowercase());
        lower.map(|c| if c == '_' { '-' } else { c }).collect()
    };
    let (one, other) = (letters(one), letters(other));
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (above, b) in row.iter_mut().skip(1).zip(&other) {
            let changed = diagonal + usize::from(a != b);
            diagonal = *above;
            left = changed.min(*above + 1).min(left + 1);
            *above = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn guesses() {
        let words = ["env", "memory", "task-timeout", "timeout"];
        for (written, expected) in [
            ("memroy", Some("memory")),
            ("Memory", Some("memory")),
            ("task_timeout", Some("task-timeout")),
            ("timout", Some("timeout")),
            ("envs", Some("env")),
            ("x", None),
            ("", None),
            ("directories", None),
        ] {
            assert_eq!(nearest(written, &words), expected, "{written}");
        }
    }
}
