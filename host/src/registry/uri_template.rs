//! Telling whether a URI could have come from a template (RFC 6570).
//!
//! Only used to decide which plugin to ask first; the plugin itself decides
//! whether the URI names something. So an expression is matched by what it
//! may expand to, and its variables are not extracted.

/// A template taken apart.
#[derive(Debug)]
pub(super) struct UriTemplate(Vec<Part>);

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    /// An expression, and whether its expansion may hold reserved characters such
    /// as `/`.
    Expression {
        reserved: bool,
    },
}

impl UriTemplate {
    /// None if the braces do not pair or an expression is empty.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let (literal, after) = rest.split_at(open);
            let close = after.find('}')?;
            let expression = &after[1..close];
            push_literal(&mut parts, literal)?;
            parts.push(Part::expression(expression)?);
            rest = &after[close + 1..];
        }
        push_literal(&mut parts, rest)?;
        Some(Self(parts))
    }

    /// Whether the template could expand to `uri`.
    pub(super) fn matches(&self, uri: &str) -> bool {
        matches(&self.0, uri.as_bytes())
    }
}

fn push_literal(parts: &mut Vec<Part>, literal: &str) -> Option<()> {
    if literal.contains('}') {
        return None;
    }
    if !literal.is_empty() {
        parts.push(Part::Literal(literal.to_owned()));
    }
    Some(())
}

impl Part {
    fn expression(text: &str) -> Option<Self> {
        let variables = text.trim_start_matches(['+', '#', '.', '/', ';', '?', '&']);
        if variables.is_empty() || variables.contains('{') {
            return None;
        }
        // Only plain `{x}` is confined to one segment: the others expand to
        // reserved characters, or begin with one.
        let reserved = variables.len() != text.len() || variables.contains(['*', ',']);
        Some(Self::Expression { reserved })
    }
}

/// Follows all ways through the template at once: `reached[i]` says whether the
/// parts so far can expand to the first `i` bytes. The work is the product of the
/// lengths, whatever the template.
fn matches(parts: &[Part], uri: &[u8]) -> bool {
    let mut reached = vec![false; uri.len() + 1];
    reached[0] = true;
    for part in parts {
        reached = match part {
            Part::Literal(literal) => after_literal(&reached, uri, literal.as_bytes()),
            Part::Expression { reserved } => after_expression(&reached, uri, *reserved),
        };
    }
    reached[uri.len()]
}

fn after_literal(reached: &[bool], uri: &[u8], literal: &[u8]) -> Vec<bool> {
    let mut after = vec![false; reached.len()];
    for (place, _) in reached.iter().enumerate().filter(|(_, reached)| **reached) {
        if uri[place..].starts_with(literal) {
            after[place + literal.len()] = true;
        }
    }
    after
}

fn after_expression(reached: &[bool], uri: &[u8], reserved: bool) -> Vec<bool> {
    let mut within = false;
    let places = reached.iter().enumerate().map(|(place, reached)| {
        // A slash may follow an expression that is confined to a segment, not be
        // part of it.
        let crossed = !reserved && place > 0 && uri[place - 1] == b'/';
        within = *reached || (within && !crossed);
        within
    });
    places.collect()
}

#[cfg(test)]
mod tests {
    use super::UriTemplate;

    #[track_caller]
    fn check(template: &str, uri: &str, expected: bool) {
        let pattern = UriTemplate::parse(template).unwrap();
        assert_eq!(pattern.matches(uri), expected, "{template} {uri}");
    }

    #[test]
    fn templates_match_what_they_expand_to() {
        check("note:///{id}", "note:///7", true);
        check("note:///{id}", "note:///a/b", false);
        check("note:///{id}", "file:///7", false);
        check("file:///{+path}", "file:///a/b.txt", true);
        check(
            "test://template/{id}/data",
            "test://template/123/data",
            true,
        );
        check(
            "test://template/{id}/data",
            "test://template/1/2/data",
            false,
        );
        check("a:{x}-{y}", "a:1-2-3", true);
        check("a:b", "a:b", true);
        check("a:b", "a:bc", false);
        check("s:{/a*}", "s:/x/y", true);
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for text in ["a{", "a}", "a{}", "{+}", "{a{b}}"] {
            assert!(UriTemplate::parse(text).is_none(), "{text}");
        }
    }
}
