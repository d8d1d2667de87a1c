//! Differences by example, and by making one text out of the other with them.

use super::*;

fn check(before: &str, after: &str, expect: &str) {
    assert_eq!(unified("/x", before, after, 1_000), expect);
}

#[test]
fn differences_are_unified_diffs() {
    check("a\n", "a\n", "");
    check("", "", "");
    let before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
    let after = "1\n2\n3\n4\nfive\n6\n7\n8\n9\n";
    let expect = "--- a/x\n+++ b/x\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n";
    check(before, after, expect);
    check("", "a\n", "--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+a\n");
    check("a\n", "", "--- a/x\n+++ b/x\n@@ -1 +0,0 @@\n-a\n");
    check(
        "a\nb\n",
        "a\nb\nc\n",
        "--- a/x\n+++ b/x\n@@ -1,2 +1,3 @@\n a\n b\n+c\n",
    );
}

#[test]
fn missing_line_ends_are_told() {
    let expect = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n";
    check("a", "a\n", expect);
    let expect = "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-a\n+b\n z\n\\ No newline at end of file\n";
    check("a\nz", "b\nz", expect);
}

#[test]
fn changes_far_apart_make_two_hunks() {
    let lines: Vec<String> = (1..=20).map(|number| format!("{number}\n")).collect();
    let before = lines.concat();
    let after = before.replace("2\n3", "2\nx\n3").replace("19\n", "");
    let expect = "\
--- a/x
+++ b/x
@@ -1,5 +1,6 @@
 1
 2
+x
 3
 4
 5
@@ -16,5 +17,4 @@
 16
 17
 18
-19
 20
";
    check(&before, &after, expect);
}

#[test]
fn long_differences_are_cut() {
    let before = "old\n".repeat(20_000);
    let after = "new\n".repeat(20_000);
    let diff = unified("/x", &before, &after, 100);
    assert!(diff.ends_with("-old\n… the rest of the difference is not shown\n"));
    assert!(diff.len() < 160);
}

#[test]
fn texts_with_little_in_common_are_replaced() {
    let text = |seed: usize| -> Vec<String> {
        let line = |number: usize| format!("{}", number * seed);
        (0..2 * MOST).map(line).collect()
    };
    let (old, new) = (text(2), text(3));
    let [old, new] = [&old, &new].map(|text| text.iter().map(String::as_str).collect::<Vec<_>>());
    let all = 1..2 * MOST;
    let expect = Change {
        old: all.clone(),
        new: all,
    };
    assert_eq!(changes(&old, &new), [expect]);
}

/// How many lines the longest text has that is left of both.
fn longest_common(old: &[&str], new: &[&str]) -> usize {
    let mut row = vec![0; new.len() + 1];
    for a in old {
        let mut diagonal = 0;
        for (index, b) in new.iter().enumerate() {
            let above = row[index + 1];
            row[index + 1] = if a == b {
                diagonal + 1
            } else {
                above.max(row[index])
            };
            diagonal = above;
        }
    }
    row[new.len()]
}

/// Numbers that look random and are the same in every run.
fn numbers() -> impl Iterator<Item = usize> {
    let next = |last: &u32| Some(last.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    std::iter::successors(Some(1), next).map(|number| usize::try_from(number >> 16).unwrap())
}

#[test]
fn changes_lead_from_one_text_to_the_other_and_are_few() {
    let mut numbers = numbers();
    let mut text = |length: usize| -> Vec<&str> {
        let numbers = numbers.by_ref().take(length);
        numbers
            .map(|number| ["a", "b", "c", "d"][number % 4])
            .collect()
    };
    for round in 0..400 {
        let (old, new) = (text(round % 23), text(round % 19));
        let changes = changes(&old, &new);
        let mut made: Vec<&str> = Vec::new();
        let mut at = 0;
        for change in &changes {
            made.extend(&old[at..change.old.start]);
            made.extend(&new[change.new.clone()]);
            at = change.old.end;
        }
        made.extend(&old[at..]);
        assert_eq!(made, new);
        let kept = longest_common(&old, &new);
        let removed: usize = changes.iter().map(|change| change.old.len()).sum();
        assert_eq!(removed, old.len() - kept, "{old:?} {new:?}");
    }
}
