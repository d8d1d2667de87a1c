//! Trace context in `_meta`, as W3C defines it (MET-6).

use crate::model::Json;

/// The identifiers of a trace and of the client's span in it.
///
/// `traceparent` is 55 characters of fixed places; what is malformed is as good
/// as absent, and never a reason to refuse a request.
pub fn trace_parent(meta: &Json) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Meta<'a> {
        #[serde(borrow, default)]
        traceparent: Option<std::borrow::Cow<'a, str>>,
    }
    // Most requests belong to no trace.
    if !meta.as_str().contains("traceparent") {
        return None;
    }
    let meta: Meta<'_> = serde_json::from_str(meta.as_str()).ok()?;
    let parent = meta.traceparent?;
    is_valid(&parent).then(|| parent.into_owned())
}

fn is_valid(parent: &str) -> bool {
    let lower_hex = |part: &str, length: usize| {
        part.len() == length
            && part
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let something = |part: &str| part.bytes().any(|byte| byte != b'0');
    let mut parts = parent.split('-');
    let (Some(version), Some(trace), Some(span), Some(flags), rest) = (
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
    ) else {
        return false;
    };
    // Later versions may have more parts, version 0 has not.
    lower_hex(version, 2)
        && version != "ff"
        && (version != "00" || rest.is_none())
        && parent.len() <= 512
        && lower_hex(trace, 32)
        && something(trace)
        && lower_hex(span, 16)
        && something(span)
        && lower_hex(flags, 2)
}

#[cfg(test)]
mod tests {
    use super::trace_parent;
    use crate::model::Json;

    #[track_caller]
    fn check(parent: &str, valid: bool) {
        let meta = Json::parse(format!(r#"{{"traceparent":"{parent}"}}"#)).unwrap();
        assert_eq!(trace_parent(&meta).is_some(), valid, "{parent}");
    }

    #[test]
    fn only_w3c_trace_context_counts() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";
        check(good, true);
        check(&good.replace("00-0af", "cc-0af"), true);
        check(&format!("{}-more", good.replace("00-0af", "cc-0af")), true);
        check(&format!("{good}-more"), false);
        check(&good.replace("00-0af", "ff-0af"), false);
        check(&good.to_uppercase(), false);
        check(
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            false,
        );
        check(
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            false,
        );
        check("", false);
        check("nonsense", false);
        let other = Json::parse(r#"{"traceparent":7}"#.to_owned()).unwrap();
        assert_eq!(trace_parent(&other), None);
    }
}
